package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// isRoot reports whether the path ends at a root type itself.
func (p *pathStep) isRoot(op ast.Operation) bool {
	return p.field == nil && p.on == "" && p.root == op
}

// visitMutation follows a field of the mutation type. It is called once, in one graph: where several graphs have it, one
// of them must be able to start whatever can be asked below.
func (s *satisfiability) visitMutation(at state, def *ast.Definition, f *ast.FieldDefinition) {
	starts := s.startsOf(at, f)
	if len(starts) < 2 {
		s.visitField(at, def, f)
		return
	}
	var attempts []string
	for _, start := range starts {
		errs := s.attempt(state{typeName: at.typeName, at: []position{start}, chosen: at.chosen, contexts: at.contexts, path: at.path}, def, f)
		if len(errs) == 0 {
			return
		}
		attempts = append(attempts, fmt.Sprintf("- When calling %q at top-level from subgraph %q:\n%s",
			def.Name+"."+f.Name, s.graphs[start.graph].name, indentErrors(errs)))
	}
	s.failed++
	s.failOn(def.Name+"."+f.Name, federation.ErrSatisfiabilityError, "Supergraph API queries using the mutation field %q at top-level must be "+
		"satisfiable without needing to call that field from multiple subgraphs, but every subgraph with that field encounters satisfiability "+
		"errors. Please fix these satisfiability errors for (at least) one of the following subgraphs with the mutation field:\n%s",
		def.Name+"."+f.Name, strings.Join(attempts, "\n"))
}

// startsOf are the positions whose own graph resolves the field.
func (s *satisfiability) startsOf(at state, f *ast.FieldDefinition) []position {
	return slices.DeleteFunc(slices.Clone(at.at), func(p position) bool {
		_, own := s.walker(at.chosen).direct(p, f.Name)
		return own == nil
	})
}

// attempt walks everything below a field from one graph alone, and takes back the errors that this gives.
func (s *satisfiability) attempt(at state, def *ast.Definition, f *ast.FieldDefinition) []*federation.Error {
	inner := &satisfiability{
		merger: s.merger, walkers: s.walkers, visited: map[string][]visit{}, shared: s.shared, states: s.states,
	}
	before := len(s.errs)
	inner.visitField(at, def, f)
	inner.walk()
	s.states = inner.states
	errs := slices.Clone(s.errs[before:])
	s.errs = s.errs[:before]
	return errs
}

func indentErrors(errs []*federation.Error) string {
	var lines []string
	for _, err := range errs {
		for line := range strings.Lines(err.Message) {
			lines = append(lines, strings.TrimRight("  "+line, " \n"))
		}
	}
	return strings.Join(lines, "\n")
}
