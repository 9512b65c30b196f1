package compose

import (
	"slices"

	"devportal.internal/router/federation"
)

// canResume reports whether a graph can be asked again for a field after what the field requires was fetched elsewhere:
// the graph must have a key that it resolves itself; as in the reference composer `resolvable: false` does not matter,
// since the object came from that graph. Nothing needs to be resumed where the graph has all that is required.
func (w *walker) canResume(p position, requires federation.FieldSet) bool {
	if w.isRoot(p.local) || w.hasLocally(p, requires) {
		return true
	}
	g := w.graphs[p.graph]
	return slices.ContainsFunc(g.Keys(w.typeAt(p)), func(key federation.KeyOf) bool {
		return w.hasLocally(p, key.Fields)
	})
}

// hasLocally reports whether a position's own graph resolves a field set without any condition.
func (w *walker) hasLocally(p position, set federation.FieldSet) bool {
	return !slices.ContainsFunc(set, func(sel *federation.FieldSelection) bool {
		switch {
		case sel.Name == "__typename":
			return false
		case sel.IsFragment():
			return w.lacksLocally(p, sel)
		}
		next, f := w.direct(p, sel.Name)
		if f == nil || w.graphs[p.graph].Has(federation.Requires, f.Directives) {
			return true
		}
		return !w.hasLocally(next, sel.Selections)
	})
}

// lacksLocally checks a fragment on each object type that it admits.
func (w *walker) lacksLocally(p position, sel *federation.FieldSelection) bool {
	return slices.ContainsFunc(w.out.possibleTypes(sel.Type), func(name string) bool {
		narrowed, possible := w.downcast(p, name)
		return possible && !w.hasLocally(narrowed, sel.Selections)
	})
}
