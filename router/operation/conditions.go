package operation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// newOperation finds what of an operation does not depend on variables' values.
func newOperation(doc *Document, def *ast.OperationDefinition) *Operation {
	found := &conditionFinder{names: map[string]bool{}, fragments: map[string]bool{}}
	found.selections(def.SelectionSet)
	op := &Operation{Name: def.Name, Kind: def.Operation, Definition: def, document: doc}
	for name := range found.names {
		op.Conditions = append(op.Conditions, name)
	}
	slices.Sort(op.Conditions)
	return op
}

// conditionFinder collects the variables of @skip, @include and @defer, visiting each fragment once.
type conditionFinder struct {
	names     map[string]bool
	fragments map[string]bool
}

func (c *conditionFinder) selections(set ast.SelectionSet) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			c.directives(selection.Directives)
			c.selections(selection.SelectionSet)
		case *ast.InlineFragment:
			c.directives(selection.Directives)
			c.selections(selection.SelectionSet)
		case *ast.FragmentSpread:
			c.directives(selection.Directives)
			if !c.fragments[selection.Name] {
				c.fragments[selection.Name] = true
				c.selections(selection.Definition.SelectionSet)
			}
		}
	}
}

func (c *conditionFinder) directives(list ast.DirectiveList) {
	for _, directive := range list {
		switch directive.Name {
		case "skip", "include", "defer":
			if a := directive.Arguments.ForName("if"); a != nil && a.Value.Kind == ast.Variable {
				c.names[a.Value.Raw] = true
			}
		}
	}
}
