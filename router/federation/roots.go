package federation

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// renameRoots gives the root types the names Query, Mutation and Subscription everywhere.
func (s *Schema) renameRoots() []*Error {
	var errs []*Error
	for _, op := range operations() {
		want := defaultRoot(op)
		have := s.Roots[op]
		clash := s.Types[want]
		if clash != nil && clash.Kind == ast.Object && have != want && !s.internal[want] {
			errs = append(errs, s.rootNameUsed(op, have, clash))
			continue
		}
		if have != "" && have != want {
			s.rename(have, want)
			s.Roots[op] = want
		}
	}
	return errs
}

func (s *Schema) rootNameUsed(op ast.Operation, have string, clash *Type) *Error {
	code := map[ast.Operation]Code{
		ast.Query: ErrRootQueryUsed, ast.Mutation: ErrRootMutationUsed, ast.Subscription: ErrRootSubscriptionUsed,
	}[op]
	instead := ""
	if have != "" {
		instead = ` ("` + have + `" is instead)`
	}
	return Errorf(code, s.Subgraph, clash.Position,
		"The schema has a type named %q but it is not set as the %s root type%s: this is not supported by federation. "+
			"If a root type does not use its default name, there should be no other type with that default name.",
		clash.Name, strings.ToLower(string(op)), instead)
}

// rename changes a type's name and all references to it.
func (s *Schema) rename(from, to string) {
	t := s.Types[from]
	delete(s.Types, from)
	t.Name = to
	s.Types[to] = t
	s.interfaces = nil
	for i, name := range s.Order {
		if name == from {
			s.Order[i] = to
		}
	}
	for _, other := range s.Types {
		for i, member := range other.Types {
			if member == from {
				other.Types[i] = to
			}
		}
		for _, f := range other.Fields {
			renameIn(f.Type, from, to)
		}
	}
}

func renameIn(t *ast.Type, from, to string) {
	for t.Elem != nil {
		t = t.Elem
	}
	if t.NamedType == from {
		t.NamedType = to
	}
}
