package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// reasons collects why graphs cannot follow a query, a graph a line.
type reasons struct {
	graphs []string
	by     map[string][]string
}

func (r *reasons) add(graph, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if r.by[graph] == nil {
		r.graphs = append(r.graphs, graph)
	}
	if !slices.Contains(r.by[graph], reason) {
		r.by[graph] = append(r.by[graph], reason)
	}
}

func (r *reasons) String() string {
	slices.Sort(r.graphs)
	var b strings.Builder
	for _, g := range r.graphs {
		list := r.by[g]
		if len(list) == 1 {
			fmt.Fprintf(&b, "\n- from subgraph %q: %s", g, list[0])
			continue
		}
		fmt.Fprintf(&b, "\n- from subgraph %q:\n  - %s", g, strings.Join(list, "\n  - "))
	}
	return b.String()
}

func (s *satisfiability) report(path *pathStep, r *reasons) {
	s.failOn(path.coordinate(), federation.ErrSatisfiabilityError, "The following supergraph API query:\n%s\ncannot be satisfied by the subgraphs because:%s",
		s.sampleOperation(path), r)
}

// coordinate is what the path ends at.
func (p *pathStep) coordinate() string {
	if p.field == nil {
		return p.on
	}
	return p.parent + "." + p.field.Name
}

func (s *satisfiability) reportType(at state, path *pathStep) {
	r := &reasons{by: map[string][]string{}}
	for _, p := range at.at {
		r.add(s.graphs[p.graph].name,
			"no subgraph can be reached to resolve the implementation type of @interfaceObject type %q.", p.local)
	}
	s.report(path, r)
}

// reportField says of each graph in reach why it does not resolve the field, and why other graphs are out of reach.
func (s *satisfiability) reportField(w *walker, at state, path *pathStep) {
	r := &reasons{by: map[string][]string{}}
	for _, start := range at.at {
		c := w.closureOf(start)
		for _, p := range c.members {
			s.explainField(w, p, path, r)
		}
		if at.path.previous != nil || at.path.field != nil {
			s.explainMoves(w, c, path.field.Name, r)
		}
	}
	s.report(path, r)
}

func (s *satisfiability) explainField(w *walker, p position, path *pathStep, r *reasons) {
	g := s.graphs[p.graph]
	coordinate := p.local + "." + path.field.Name
	t := w.typeAt(p)
	if t == nil {
		return
	}
	f := t.Field(path.field.Name)
	switch {
	case f == nil:
		r.add(g.name, "cannot find field %q.", coordinate)
	case w.isOverridden(p, f.Name):
		r.add(g.name, "field %q is not resolvable because it is overridden by another subgraph.", coordinate)
	case g.isExternal(f) && subSelections(w.provides[p.provided], f.Name) == nil:
		r.add(g.name, "field %q is not resolvable because marked @external.", coordinate)
	case hasContextArguments(g, f):
		r.add(g.name, "could not find a match for required context for field %q.", coordinate)
	case s.cannotResume(w, p, f):
		r.add(g.name, "@require condition on field %q can be satisfied but missing usable key on %q in subgraph %q to resume query.",
			coordinate, p.local, g.name)
	case g.Has(federation.Requires, f.Directives):
		r.add(g.name, "cannot satisfy @require conditions on field %q.", coordinate)
	default:
		r.add(g.name, "cannot satisfy the conditions on field %q.", coordinate)
	}
}

func (s *satisfiability) cannotResume(w *walker, p position, f *ast.FieldDefinition) bool {
	set, ok := s.graphs[p.graph].RequiresOf(w.typeAt(p), f)
	return ok && w.resolvesAll(w.closureOf(p), set) && !w.canResume(p, set)
}

// explainMoves says which graphs that might help are out of reach.
func (s *satisfiability) explainMoves(w *walker, c *closure, name string, r *reasons) {
	from := s.graphs[c.from.graph].name
	for _, mv := range w.movesFrom(c.from.position) {
		if c.has(mv.to) || mv.key == nil || mv.to.graph == c.from.graph {
			continue
		}
		r.add(from, "cannot move to subgraph %q using %s of %q, the key field(s) cannot be resolved from subgraph %q.",
			s.graphs[mv.to.graph].name, printDirective(mv.key.Directive), mv.to.local, from)
	}
	for i, g := range s.graphs {
		t := g.Types[c.from.local]
		if i == c.from.graph || t == nil || t.Field(name) == nil {
			continue
		}
		if !g.IsEntity(t) {
			r.add(from, "cannot move to subgraph %q, which has field %q, because type %q has no @key defined in subgraph %q.",
				g.name, t.Name+"."+name, t.Name, g.name)
		} else if len(keyMoves(g, t)) == 0 {
			r.add(from, "cannot move to subgraph %q, which has field %q, because none of the @key defined on type %q in subgraph %q "+
				"are resolvable (they are all declared with their \"resolvable\" argument set to false).", g.name, t.Name+"."+name, t.Name, g.name)
		}
	}
}

// sampleOperation writes the query that a path stands for, with values for what it must give.
func (s *satisfiability) sampleOperation(path *pathStep) string {
	var steps []*pathStep
	root := ast.Query
	for step := path; step != nil; step = step.previous {
		if step.field == nil && step.on == "" {
			root = step.root
			continue
		}
		steps = append(steps, step)
	}
	slices.Reverse(steps)
	lines := []string{"{"}
	if root != ast.Query {
		lines[0] = string(root) + " {"
	}
	last := path.field == nil || s.isComposite(path.field.Type)
	for i, step := range steps {
		line := strings.Repeat("  ", i+1) + s.sampleStep(step)
		if i < len(steps)-1 || last {
			line += " {"
		}
		lines = append(lines, line)
	}
	depth := len(steps)
	if last {
		lines = append(lines, strings.Repeat("  ", depth+1)+"...", strings.Repeat("  ", depth)+"}")
	}
	for i := depth - 1; i >= 0; i-- {
		lines = append(lines, strings.Repeat("  ", i)+"}")
	}
	return strings.Join(lines, "\n")
}

func (s *satisfiability) isComposite(t *ast.Type) bool {
	def := s.out.types[t.Name()]
	return def != nil && def.IsCompositeType()
}

func (s *satisfiability) sampleStep(step *pathStep) string {
	if step.field == nil {
		return "... on " + step.on
	}
	var args []string
	for _, a := range step.field.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil {
			args = append(args, a.Name+": "+s.sampleValue(a.Type, 0))
		}
	}
	if len(args) == 0 {
		return step.field.Name
	}
	return step.field.Name + "(" + strings.Join(args, ", ") + ")"
}

// sampleValue is any value of an input type.
func (s *satisfiability) sampleValue(t *ast.Type, depth int) string {
	switch {
	case depth > 10:
		return "null"
	case t.Elem != nil:
		return "[]"
	}
	switch t.NamedType {
	case "Int":
		return "0"
	case "Float":
		return "3.14"
	case "Boolean":
		return "true"
	case "String":
		return `"A string value"`
	case "ID":
		return `"<any id>"`
	}
	def := s.out.types[t.NamedType]
	switch {
	case def != nil && def.Kind == ast.Enum && len(def.EnumValues) > 0:
		return def.EnumValues[0].Name
	case def != nil && def.Kind == ast.InputObject:
		return s.sampleObject(def, depth)
	}
	return `"<some value>"`
}

func (s *satisfiability) sampleObject(def *ast.Definition, depth int) string {
	var fields []string
	for _, f := range def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil {
			fields = append(fields, f.Name+": "+s.sampleValue(f.Type, depth+1))
		}
	}
	return "{" + strings.Join(fields, ", ") + "}"
}
