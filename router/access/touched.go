package access

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Touched are the demands that decide on what of an operation is denied: rights that agree on them agree on all of it.
type Touched struct{ set set }

// Touched finds the demands of an operation of a valid document. It visits each fragment once, whatever @skip and @include
// say.
func (r *Rules) Touched(operation *ast.OperationDefinition) Touched {
	if r.none {
		return Touched{}
	}
	t := &toucher{rules: r, seen: map[coordinate]bool{}, fragments: map[string]bool{}}
	t.needed = r.types[r.schema.Root(operation.Operation)]
	t.selections(operation.SelectionSet)
	return Touched{t.needed}
}

type toucher struct {
	rules     *Rules
	needed    set
	seen      map[coordinate]bool
	fragments map[string]bool
}

func (t *toucher) selections(selections ast.SelectionSet) {
	for _, selection := range selections {
		switch selection := selection.(type) {
		case *ast.Field:
			t.field(selection)
			t.selections(selection.SelectionSet)
		case *ast.InlineFragment:
			t.selections(selection.SelectionSet)
		case *ast.FragmentSpread:
			if !t.fragments[selection.Name] {
				t.fragments[selection.Name] = true
				t.selections(selection.Definition.SelectionSet)
			}
		}
	}
}

// field adds what any object asks for that the field may be asked of, and any that may be its value.
func (t *toucher) field(field *ast.Field) {
	if strings.HasPrefix(field.Name, "__") || field.ObjectDefinition == nil || field.Definition == nil {
		return
	}
	of := coordinate{field.ObjectDefinition.Name, field.Name}
	if t.seen[of] {
		return
	}
	t.seen[of] = true
	schema := t.rules.schema
	for _, object := range schema.Names(schema.Possible(of.typename)) {
		if def := schema.Field(object, field.Name); def != nil {
			t.needed = t.needed.Or(t.rules.ofField(object, def))
		}
	}
	for _, object := range schema.Names(schema.Possible(field.Definition.Type.Name())) {
		t.needed = t.needed.Or(t.rules.types[object])
	}
}
