package operation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// maxExpanded bounds the selections that normalisation visits, each use of a fragment counted.
const maxExpanded = 50000

// Normalise applies @skip, @include and @defer, inlines fragments and merges fields. An error has the code
// OPERATION_TOO_COMPLEX when expansion is stopped, GRAPHQL_VALIDATION_FAILED when fields cannot be merged.
//
//  1. A selection set is flattened to contributions: a field, the runtime types it is for, the @defer that delivers it.
//  2. Contributions with one response key are grouped so that each runtime type is in one group (merge.go).
//  3. The selections of a group's contributions are flattened in turn.
//  4. Neighbouring groups that turned out the same are joined again.
func (o *Operation) Normalise(variables *Variables) (*Normalised, error) {
	n := &normaliser{
		schema:    o.document.schema,
		variables: variables,
		uniform:   map[fieldKey]bool{},
		out:       &Normalised{Name: o.Name, Kind: o.Kind, Variables: map[string]*ast.VariableDefinition{}},
	}
	for _, def := range o.Definition.VariableDefinitions {
		n.out.Variables[def.Variable] = def
	}
	n.out.Root = n.schema.Root(o.Kind)
	root := n.schema.Possible(n.out.Root)
	n.collect(o.Definition.SelectionSet, root, 0)
	fields, err := n.merge(n.takeCollected(), n.out.Root, root)
	if err != nil {
		return nil, err
	}
	for _, field := range fields {
		if field.Name == "__schema" || field.Name == "__type" {
			n.out.Introspection = append(n.out.Introspection, field)
		} else {
			n.out.Fields = append(n.out.Fields, field)
		}
	}
	return n.out, nil
}

// normaliser carries the state of one Normalise.
type normaliser struct {
	schema    *supergraph.Schema
	variables *Variables
	out       *Normalised

	// collected are the contributions to the selection set at path.
	collected []contribution
	path      []string

	expanded int
	uniform  map[fieldKey]bool
}

// contribution is one field of a selection set, before merging.
type contribution struct {
	field  *ast.Field
	types  supergraph.TypeSet
	defers int
}

func (n *normaliser) takeCollected() []contribution {
	taken := n.collected
	n.collected = nil
	return taken
}

// collect flattens a selection set (GraphQL specification, section 6.3.2, CollectFields).
func (n *normaliser) collect(selections ast.SelectionSet, types supergraph.TypeSet, deferred int) {
	for _, selection := range selections {
		if n.expanded++; n.expanded > maxExpanded {
			return
		}
		switch selection := selection.(type) {
		case *ast.Field:
			if n.included(selection.Directives) {
				n.collected = append(n.collected, contribution{selection, types, deferred})
			}
		case *ast.InlineFragment:
			n.collectFragment(selection.TypeCondition, selection.Directives, selection.SelectionSet, types, deferred)
		case *ast.FragmentSpread:
			def := selection.Definition
			n.collectFragment(def.TypeCondition, selection.Directives, def.SelectionSet, types, deferred)
		}
	}
}

func (n *normaliser) collectFragment(
	condition string, directives ast.DirectiveList, selections ast.SelectionSet, types supergraph.TypeSet, deferred int,
) {
	if !n.included(directives) {
		return
	}
	// Introspection's types are not in the supergraph's numbering; a fragment on one applies wherever it is valid.
	if condition != "" && !strings.HasPrefix(condition, "__") {
		if types = types.And(n.schema.Possible(condition)); types.Empty() {
			return
		}
	}
	n.collect(selections, types, n.deferral(directives, deferred))
}

func (n *normaliser) included(directives ast.DirectiveList) bool {
	for _, directive := range directives {
		switch directive.Name {
		case "skip":
			if n.condition(directive) {
				return false
			}
		case "include":
			if !n.condition(directive) {
				return false
			}
		}
	}
	return true
}

// condition is the value of a directive's argument `if`, true when it is absent.
func (n *normaliser) condition(directive *ast.Directive) bool {
	argument := directive.Arguments.ForName("if")
	if argument == nil {
		return true
	}
	if argument.Value.Kind == ast.Variable {
		return n.variables.Bool(argument.Value.Raw)
	}
	return argument.Value.Raw == "true"
}

// deferral is the number of the @defer that delivers a fragment.
func (n *normaliser) deferral(directives ast.DirectiveList, enclosing int) int {
	directive := directives.ForName("defer")
	if directive == nil || n.out.Kind == ast.Subscription || !n.condition(directive) {
		return enclosing
	}
	deferred := &Defer{Parent: enclosing, Path: append([]string(nil), n.path...)}
	if label := directive.Arguments.ForName("label"); label != nil && label.Value.Kind != ast.NullValue {
		deferred.Label = label.Value.Raw
	}
	n.out.Defers = append(n.out.Defers, deferred)
	return len(n.out.Defers)
}

// commonDefer is the innermost @defer that encloses both, 0 being the initial response.
func (n *normaliser) commonDefer(a, b int) int {
	for a != b {
		if a > b {
			a = n.out.Defers[a-1].Parent
		} else {
			b = n.out.Defers[b-1].Parent
		}
	}
	return a
}
