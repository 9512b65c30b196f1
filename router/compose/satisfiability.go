package compose

import (
	"slices"
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// Bounds of the check: states visited, and errors reported.
const (
	maxStates               = 1_000_000
	maxSatisfiabilityErrors = 100
)

// state is a point of a query: an object of a supergraph type, and the alternative positions at which graphs hold it.
type state struct {
	typeName string
	at       []position
	chosen   labels
	contexts map[string]bool // the contexts that the query has come through
	path     *pathStep
}

// pathStep is how a query got there, last step first.
type pathStep struct {
	previous *pathStep
	field    *ast.FieldDefinition // nil for a type condition
	on       string               // the type condition
	parent   string
	root     ast.Operation
}

// satisfiability walks every field of the supergraph from every root, as far as subgraphs can follow:
//
//  1. start at each root type, in all graphs that have it;
//  2. at an object type, follow each field: each alternative position may move between graphs by keys;
//  3. at an abstract type, follow each object type that some position can hold;
//  4. where no alternative can follow, report the query so far;
//  5. do not visit a type again with as many alternatives or more.
type satisfiability struct {
	*merger
	walkers map[string]*walker
	visited map[string][]visit
	shared  map[string]bool
	open    []state
	states  int
	failed  int
}

// checkSatisfiability reports what the supergraph's API offers but no chain of fetches can answer.
func (m *merger) checkSatisfiability() {
	s := &satisfiability{
		merger: m, walkers: map[string]*walker{}, visited: map[string][]visit{}, shared: map[string]bool{},
	}
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		root := m.out.roots[op]
		if root == "" {
			continue
		}
		start := state{typeName: root, chosen: labels{}, path: &pathStep{root: op}}
		for i, g := range m.graphs {
			if g.Types[root] != nil {
				start.at = append(start.at, position{graph: i, local: root})
			}
		}
		s.push(start)
	}
	s.walk()
}

// walk visits what is open, the last first.
func (s *satisfiability) walk() {
	for len(s.open) > 0 && s.failed < maxSatisfiabilityErrors {
		next := s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
		if s.isNew(next) {
			s.visit(next)
		}
	}
}

func (s *satisfiability) walker(chosen labels) *walker {
	key := chosen.key()
	if s.walkers[key] == nil {
		s.walkers[key] = newWalker(s.merger, chosen)
	}
	return s.walkers[key]
}

func (l labels) key() string {
	parts := make([]string, 0, len(l))
	for label, taken := range l {
		if taken {
			label += "=on"
		}
		parts = append(parts, label)
	}
	sort.Strings(parts)
	return strings.Join(parts, "\x00")
}

// visit is what a type was visited with: alternatives, and decisions about labels.
type visit struct {
	at     map[position]bool
	chosen labels
}

// within reports whether the other decisions include these.
func (l labels) within(other labels) bool {
	for label, taken := range l {
		if value, ok := other[label]; !ok || value != taken {
			return false
		}
	}
	return true
}

// push opens a state.
func (s *satisfiability) push(next state) {
	next.contexts = s.withContexts(next)
	if s.states++; s.states > maxStates {
		s.giveUp()
		return
	}
	s.open = append(s.open, next)
}

// isNew reports whether no state with at most the same alternatives, and no more decided, was there before.
func (s *satisfiability) isNew(next state) bool {
	key := next.typeName + "\x00" + labels(next.contexts).key()
	set := make(map[position]bool, len(next.at))
	for _, p := range next.at {
		set[p] = true
	}
	for _, seen := range s.visited[key] {
		if isSubset(seen.at, set) && seen.chosen.within(next.chosen) {
			return false
		}
	}
	s.visited[key] = append(s.visited[key], visit{at: set, chosen: next.chosen})
	return true
}

// withContexts adds the contexts that the state's type sets.
func (s *satisfiability) withContexts(at state) map[string]bool {
	if s.core.local[federation.Context] == "" {
		return nil
	}
	set := s.contextsSet(at.typeName)
	if len(set) == 0 {
		return at.contexts
	}
	all := map[string]bool{}
	for key := range at.contexts {
		all[key] = true
	}
	for _, key := range set {
		all[key] = true
	}
	return all
}

// giveUp ends a check that takes too long.
func (s *satisfiability) giveUp() {
	if s.failed < maxSatisfiabilityErrors {
		s.fail(federation.ErrMaxValidationSubgraphPathsExceeded, "Maximum number of validation subgraph paths exceeded: %d", maxStates)
	}
	s.failed = maxSatisfiabilityErrors
}

func isSubset(small, large map[position]bool) bool {
	if len(small) > len(large) {
		return false
	}
	for p := range small {
		if !large[p] {
			return false
		}
	}
	return true
}

func (s *satisfiability) visit(at state) {
	def := s.out.types[at.typeName]
	switch def.Kind {
	case ast.Object:
		for _, f := range def.Fields {
			switch {
			case s.isInaccessible(f.Directives):
			case at.path.isRoot(ast.Mutation):
				s.visitMutation(at, def, f)
			default:
				s.visitField(at, def, f)
			}
		}
	case ast.Interface, ast.Union:
		names := slices.Clone(s.out.possibleTypes(def.Name))
		slices.Sort(names)
		for _, name := range names {
			if !s.isHiddenType(name) {
				s.visitType(at, name)
			}
		}
	default:
	}
}

// visitField follows a field, in both directions of a progressive override that the query has not decided on yet.
func (s *satisfiability) visitField(at state, def *ast.Definition, f *ast.FieldDefinition) {
	label := s.labelOf[def.Name+"."+f.Name]
	if _, decided := at.chosen[label]; label == "" || decided {
		s.follow(at, def, f)
		return
	}
	for _, taken := range []bool{false, true} {
		branch := at
		branch.chosen = labels{label: taken}
		for known, value := range at.chosen {
			branch.chosen[known] = value
		}
		s.follow(branch, def, f)
	}
}

func (s *satisfiability) follow(at state, def *ast.Definition, f *ast.FieldDefinition) {
	w := s.walker(at.chosen)
	var next []position
	for _, p := range at.at {
		for _, to := range s.leadsTo(w, at, p, f.Name) {
			if !slices.Contains(next, to) && !s.contextMissing(to.graph, def.Name, f.Name, at.contexts) {
				next = append(next, to)
			}
		}
	}
	path := &pathStep{previous: at.path, field: f, parent: def.Name}
	if w.exhausted() {
		s.giveUp()
		return
	}
	if len(next) == 0 {
		s.failed++
		s.reportField(w, at, path)
		return
	}
	t := s.out.types[f.Type.Name()]
	if t == nil || !t.IsCompositeType() {
		return
	}
	s.checkRuntimeTypes(w, next, path)
	s.push(state{typeName: t.Name, at: next, chosen: at.chosen, contexts: at.contexts, path: path})
}

// leadsTo is where a field can lead from one alternative. A mutation stays in the graph that it starts in.
func (s *satisfiability) leadsTo(w *walker, at state, from position, field string) []position {
	if !at.path.isRoot(ast.Mutation) {
		return w.fieldFrom(from, field)
	}
	if to, own := w.direct(from, field); own != nil {
		return []position{to}
	}
	return nil
}

// visitType follows a type condition. Positions that never hold that type are left out.
func (s *satisfiability) visitType(at state, name string) {
	w := s.walker(at.chosen)
	var next []position
	possible := false
	for _, p := range at.at {
		narrowed, ok := w.narrowTo(w.closureOf(p), name)
		possible = possible || ok
		if ok && len(narrowed) > 0 && w.isInterfaceObjectAt(p) {
			next = append(next, p) // it still has its own fields
		}
		if ok {
			next = append(next, narrowed...)
		}
	}
	path := &pathStep{previous: at.path, on: name}
	switch {
	case len(next) > 0:
		s.push(state{typeName: name, at: next, chosen: at.chosen, contexts: at.contexts, path: path})
	case possible:
		s.failed++
		s.reportType(at, path)
	}
}
