package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// position is a place that a query can be at: an object of a type, held by a graph. provided is what a @provides on the
// way lets this graph resolve beside its own fields, in its normal form.
type position struct {
	graph    int
	local    string // the type's name in the graph
	provided string
}

// labels are the labels of progressive overrides that the query so far has decided on: true where the new graph
// resolves the field.
type labels map[string]bool

// walker answers what can be resolved from where. It holds the answers for one decision about labels.
type walker struct {
	*merger
	chosen   labels
	provides map[string]federation.FieldSet

	reached map[spot]*closure
	moves   map[string][]move
	facts   map[fieldAt]*fact

	// opened and undecided are what settle completes.
	opened    []*closure
	undecided []*fact
	openings  int
	depth     int
}

func newWalker(m *merger, chosen labels) *walker {
	return &walker{
		merger: m, chosen: chosen,
		provides: map[string]federation.FieldSet{},
		reached:  map[spot]*closure{},
		moves:    map[string][]move{},
		facts:    map[fieldAt]*fact{},
	}
}

func (w *walker) typeAt(p position) *federation.Type { return w.graphs[p.graph].Types[p.local] }

// isInterfaceObjectAt reports whether the graph holds the object without knowing its type.
func (w *walker) isInterfaceObjectAt(p position) bool {
	t := w.typeAt(p)
	return t != nil && w.graphs[p.graph].isInterfaceObject(t)
}

// direct is where a field leads if the position's own graph resolves it, requirements aside.
func (w *walker) direct(p position, name string) (next position, f *ast.FieldDefinition) {
	t := w.typeAt(p)
	if t == nil || t.Kind == ast.Union {
		return position{}, nil
	}
	f = t.Field(name)
	if f == nil || w.isOverridden(p, name) {
		return position{}, nil
	}
	g := w.graphs[p.graph]
	inside := subSelections(w.provides[p.provided], name)
	if g.isExternal(f) && inside == nil {
		return position{}, nil
	}
	if provides, ok := g.ProvidesOf(f); ok {
		inside = append(slices.Clone(inside), provides...)
	}
	return position{p.graph, f.Type.Name(), w.intern(inside)}, f
}

// intern remembers what is provided under its normal form.
func (w *walker) intern(set federation.FieldSet) string {
	if len(set) == 0 {
		return ""
	}
	key := set.Normal()
	w.provides[key] = set
	return key
}

// subSelections are what a set selects of a field, fragments looked through; nil when it does not select the field.
func subSelections(set federation.FieldSet, name string) federation.FieldSet {
	var found federation.FieldSet
	for _, sel := range set {
		switch {
		case sel.IsFragment():
			if inside := subSelections(sel.Selections, name); inside != nil {
				found = append(found, inside...)
			}
		case sel.Name == name:
			found = append(found, sel.Selections...)
			if found == nil {
				found = federation.FieldSet{}
			}
		}
	}
	return found
}

// isOverridden reports whether another graph resolves the field in place of this one.
func (w *walker) isOverridden(p position, name string) bool {
	o, ok := w.overrides[overrideAt{p.graph, p.local, name}]
	if !ok {
		return false
	}
	if o.label == "" {
		return o.used || o.unused
	}
	taken, decided := w.chosen[o.label]
	return !decided || taken != o.overriding
}

// downcast narrows a position to an object type; ok is false when an object at the position never has that type.
func (w *walker) downcast(p position, name string) (narrowed position, ok bool) {
	if p.local == name {
		return p, true
	}
	g := w.graphs[p.graph]
	if t := w.typeAt(p); t == nil || t.Kind == ast.Object {
		return position{}, false
	}
	if !slices.Contains(g.PossibleTypes(p.local), name) {
		return position{}, false
	}
	return position{p.graph, name, w.intern(narrow(w.provides[p.provided], name))}, true
}

// narrow keeps the selections that apply to an object type; fragments on other object types are dropped.
func narrow(set federation.FieldSet, name string) federation.FieldSet {
	var kept federation.FieldSet
	for _, sel := range set {
		if sel.IsFragment() && sel.Type == name {
			kept = append(kept, sel.Selections...)
		} else {
			kept = append(kept, sel)
		}
	}
	return kept
}
