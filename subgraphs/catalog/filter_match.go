package catalog

import (
	"slices"
	"strings"

	"devportal.internal/internal/entityindex"
)

// Matches gives the answer for one entity in memory: the same that the store gives in SQL. The nil filter holds for
// every entity.
func (f *EntityFilter) Matches(e *entityindex.Entity) bool {
	if f == nil {
		return true
	}
	return oneOf(f.Kind, e.Kind) && oneOf(f.Namespace, e.Namespace) && oneOf(f.Type, e.Type) &&
		oneOf(f.Lifecycle, e.Lifecycle) && f.ownerMatches(e.Owners) && f.tagsMatch(e.Tags) && f.labelsMatch(e.Labels) &&
		f.innerMatch(e)
}

// oneOf holds for a nil list too: nothing was said. An empty list that was said holds for nothing.
func oneOf(wanted []string, value string) bool {
	return wanted == nil || slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, value) })
}

func (f *EntityFilter) ownerMatches(owners []string) bool {
	return f.Owner == nil || slices.ContainsFunc(owners, func(owner string) bool { return slices.Contains(f.Owner, owner) })
}

func (f *EntityFilter) tagsMatch(tags []string) bool {
	for _, wanted := range f.Tags {
		if !slices.Contains(tags, strings.ToLower(wanted)) {
			return false
		}
	}
	return true
}

func (f *EntityFilter) labelsMatch(labels map[string]string) bool {
	folded := FoldLabels(labels)
	for _, wanted := range f.FoldedLabels() {
		if !slices.Contains(folded, wanted) {
			return false
		}
	}
	return true
}

func (f *EntityFilter) innerMatch(e *entityindex.Entity) bool {
	for _, inner := range f.All {
		if !inner.Matches(e) {
			return false
		}
	}
	if f.Any != nil && !slices.ContainsFunc(f.Any, func(inner *EntityFilter) bool { return inner.Matches(e) }) {
		return false
	}
	return f.Not == nil || !f.Not.Matches(e)
}

// FoldedLabels are the labels that the filter asks for, in the form of [FoldLabels].
func (f *EntityFilter) FoldedLabels() []string {
	var folded []string
	for _, label := range f.Labels {
		text := strings.ToLower(label.Key)
		if label.Value != nil {
			text += "=" + strings.ToLower(*label.Value)
		}
		folded = append(folded, text)
	}
	return folded
}

// FoldLabels gives, for each label, its key and `key=value`, in lower case and sorted: what filters are compared with.
func FoldLabels(labels map[string]string) []string {
	folded := make([]string, 0, 2*len(labels))
	for key, value := range labels {
		key = strings.ToLower(key)
		folded = append(folded, key, key+"="+strings.ToLower(value))
	}
	slices.Sort(folded)
	return slices.Compact(folded)
}
