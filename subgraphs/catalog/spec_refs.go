package catalog

import (
	"encoding/json"
	"regexp"
	"slices"

	"devportal.internal/internal/fault"
)

// maxSpecRefs bounds the refs of one spec that are looked for.
const maxSpecRefs = 20_000

// fullRef is how a ref looks where nothing says that a text is one: it names its kind.
var fullRef = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9]*:(?:[a-zA-Z0-9-]+/)?[A-Za-z0-9][-A-Za-z0-9_.]*$`)

// AsRef reads a text that looks like a ref with a kind.
func AsRef(text, namespace string) (string, bool) {
	if len(text) > maxRefBytes || !fullRef.MatchString(text) {
		return "", false
	}
	ref, err := ParseRef(text, "", namespace)
	return ref.String(), err == nil
}

// RefsIn gives every ref that a spec names: in the fields that hold refs, and wherever a text looks like one with a kind.
func RefsIn(namespace string, spec json.RawMessage) []string {
	var value map[string]any
	if json.Unmarshal(spec, &value) != nil {
		return nil
	}
	var refs []string
	w := specWalk{namespace: namespace, drop: func(ref string) bool {
		if len(refs) < maxSpecRefs {
			refs = append(refs, ref)
		}
		return false
	}}
	w.object(value)
	slices.Sort(refs)
	return slices.Compact(refs)
}

// WithoutRefs gives the spec without the refs for which hidden is true: a field that is one goes, a list loses it.
func WithoutRefs(namespace string, spec json.RawMessage, hidden map[string]bool) (json.RawMessage, error) {
	var value map[string]any
	if err := json.Unmarshal(spec, &value); err != nil {
		return nil, fault.Internal("catalog.WithoutRefs", err)
	}
	w := specWalk{namespace: namespace, drop: func(ref string) bool { return hidden[ref] }}
	w.object(value)
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fault.Internal("catalog.WithoutRefs", err)
	}
	return raw, nil
}

// specWalk goes through a spec and drops refs.
type specWalk struct {
	namespace string
	drop      func(ref string) bool
}

func (w specWalk) object(fields map[string]any) {
	for key, value := range fields {
		kept, ok := w.value(value, impliedKind(key))
		if !ok {
			delete(fields, key)
			continue
		}
		fields[key] = kept
	}
}

// value gives what is left of a value, and whether anything is.
func (w specWalk) value(value any, implied string) (any, bool) {
	switch value := value.(type) {
	case string:
		ref, ok := w.ref(value, implied)
		return value, !ok || !w.drop(ref)
	case []any:
		kept := make([]any, 0, len(value))
		for _, item := range value {
			if left, ok := w.value(item, implied); ok {
				kept = append(kept, left)
			}
		}
		return kept, true
	case map[string]any:
		w.object(value)
		return value, true
	default:
		return value, true
	}
}

func (w specWalk) ref(text, implied string) (string, bool) {
	if implied == "" {
		return AsRef(text, w.namespace)
	}
	ref, err := ParseRef(text, implied, w.namespace)
	return ref.String(), err == nil
}

// impliedKind gives the kind that refs in a field of this name mean; "" when the field implies none.
func impliedKind(field string) string {
	for _, rule := range kinds() {
		for _, relation := range rule.relations {
			if relation.field == field {
				return relation.kind
			}
		}
	}
	return ""
}
