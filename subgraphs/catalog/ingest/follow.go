package ingest

import (
	"maps"
	"path"
	"slices"
	"strings"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/catalog"
)

// Annotations that the catalog gives every entity.
const (
	managedByLocation       = "backstage.io/managed-by-location"
	managedByOriginLocation = "backstage.io/managed-by-origin-location"
	viewURL                 = "backstage.io/view-url"
	editURL                 = "backstage.io/edit-url"
	sourceLocation          = "backstage.io/source-location"
)

// follow reads the targets of a Location entity. Its type is that of where it lies unless it says otherwise; one that
// lies behind a URL may not lead to files.
func (t *tour) follow(base stop, emitted catalog.Emitted) {
	kind := emitted.Entity.Type
	if kind == "" {
		kind = base.kind
	}
	files, ok := t.sources[kind]
	if !ok || (base.kind == catalog.LocationURL && kind == catalog.LocationFile) {
		t.complain(base.target, 0, fault.Invalid("ingest.follow", "%s: a location of type %q cannot be read from here",
			emitted.Entity.Ref, kind).WithCode(CodeTypeUnknown))
		t.reading.Partial = true
		return
	}
	optional := catalog.LocationIsOptional(emitted.Entity.Spec)
	for _, target := range catalog.LocationTargets(emitted.Entity.Spec) {
		next := stop{kind: kind, optional: optional, depth: base.depth - 1}
		var err error
		if next.target, err = t.resolve(files, base, kind, target); err != nil {
			next.target = target
			t.unread(next, err)
			continue
		}
		t.target(next)
	}
}

// resolve gives the full form of a target. One of another type than its base is resolved against nothing.
func (t *tour) resolve(files source, base stop, kind, target string) (string, error) {
	if kind == base.kind {
		return files.sibling(base.target, target)
	}
	return files.normalise(target)
}

// annotate says where an entity comes from.
func annotate(v *catalog.Validated, s stop, origin catalog.Location) {
	annotations := maps.Clone(v.Entity.Annotations)
	annotations[managedByLocation] = s.kind + ":" + s.target
	annotations[managedByOriginLocation] = origin.String()
	if s.kind == catalog.LocationURL {
		setDefault(annotations, viewURL, s.target)
		setDefault(annotations, editURL, s.target)
		setDefault(annotations, sourceLocation, "url:"+strings.TrimSuffix(s.target, path.Base(s.target)))
	}
	v.Entity.Annotations = annotations
	v.Rehash()
}

func setDefault(values map[string]string, key, value string) {
	if _, given := values[key]; !given {
		values[key] = value
	}
}

func sortedKeys[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }

func lower(text string) string { return strings.ToLower(text) }
