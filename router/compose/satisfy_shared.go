package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// checkRuntimeTypes compares the object types that the graphs sharing a field may return for it: they must have some in
// common, and should have all.
func (s *satisfiability) checkRuntimeTypes(w *walker, at []position, path *pathStep) {
	coordinate := path.parent + "." + path.field.Name
	def := s.out.types[path.field.Type.Name()]
	if s.shared[coordinate] || !def.IsAbstractType() || len(at) < 2 {
		return
	}
	var graphs []string
	var types [][]string
	for _, p := range at {
		t := w.typeAt(p)
		if t == nil || !t.IsAbstractType() || slices.Contains(graphs, s.graphs[p.graph].name) {
			continue
		}
		names := slices.Clone(s.graphs[p.graph].PossibleTypes(p.local))
		slices.Sort(names)
		graphs, types = append(graphs, s.graphs[p.graph].name), append(types, names)
	}
	if len(graphs) < 2 || !slices.ContainsFunc(types, func(t []string) bool { return !slices.Equal(t, types[0]) }) {
		return
	}
	s.shared[coordinate] = true
	common := intersection(types)
	if len(common) == 0 {
		s.failRuntimeTypes(path, def, graphs, types)
		return
	}
	s.hintRuntimeTypes(path, def, common, graphs, types)
}

func intersection(lists [][]string) []string {
	common := slices.Clone(lists[0])
	for _, l := range lists[1:] {
		common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(l, name) })
	}
	return common
}

func (s *satisfiability) failRuntimeTypes(path *pathStep, def *ast.Definition, graphs []string, types [][]string) {
	s.failed++
	lines := make([]string, len(graphs))
	for i, g := range graphs {
		lines[i] = fmt.Sprintf(" - in subgraph %q, %s", g, typeNames(types[i]))
	}
	s.failOn(path.coordinate(), federation.ErrShareableHasMismatchedRuntimeTypes, "For the following supergraph API query:\n%s\nShared field %q return type %q has "+
		"a non-intersecting set of possible runtime types across subgraphs. Runtime types in subgraphs are:\n%s.\nThis is not allowed as "+
		"shared fields must resolve the same way in all subgraphs, and that implies at least some common runtime types between the subgraphs.",
		s.sampleOperation(path), path.parent+"."+path.field.Name, def.Name, strings.Join(lines, ";\n"))
}

func (s *satisfiability) hintRuntimeTypes(path *pathStep, def *ast.Definition, common, graphs []string, types [][]string) {
	var lines []string
	for i, g := range graphs {
		extra := slices.DeleteFunc(slices.Clone(types[i]), func(name string) bool { return slices.Contains(common, name) })
		if len(extra) > 0 {
			lines = append(lines, fmt.Sprintf(" - subgraph %q should never resolve %q to an object of %s",
				g, path.parent+"."+path.field.Name, typeNames(extra)))
		}
	}
	s.hintOn(path.coordinate(), HintInconsistentRuntimeTypesForShareableReturn, "For the following supergraph API query:\n%s\nShared field %q return type %q has "+
		"different sets of possible runtime types across subgraphs.\nSince a shared field must be resolved the same way in all subgraphs, "+
		"make sure that %s only resolve %q to objects of %s. In particular:\n%s.\nOtherwise the @shareable contract will be broken.",
		s.sampleOperation(path), path.parent+"."+path.field.Name, def.Name, quotedGraphs(graphs), path.parent+"."+path.field.Name,
		typeNames(common), strings.Join(lines, ";\n"))
}

func typeNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = `"` + name + `"`
	}
	if len(quoted) == 1 {
		return "type " + quoted[0]
	}
	return "types " + joinAnd(quoted)
}
