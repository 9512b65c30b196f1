package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// move is a way to ask another graph about the same object: by a key, or for root types without one.
type move struct {
	to     position
	key    *federation.KeyOf // nil for root types
	normal string            // the key in its normal form
}

// spot is a position together with the graphs that may not be asked from there: while the key for a move to a graph is
// looked for, that graph is no place to look.
type spot struct {
	position
	excluded string // graph indexes, two bytes each, ascending
}

func (s spot) excludes(graph int) bool {
	for i := 0; i < len(s.excluded); i += 2 {
		if int(s.excluded[i])<<8|int(s.excluded[i+1]) == graph {
			return true
		}
	}
	return false
}

// excluding is the spot with one more graph excluded, unless limit graphs are already: how many sets of excluded graphs
// there are grows with the power of the limit. A field or key that depends on itself is then still not found, since
// settle computes a least fixed point.
func (s spot) excluding(graph, limit int) spot {
	if len(s.excluded) >= 2*limit {
		return s
	}
	item := string([]byte{byte(graph >> 8), byte(graph)})
	i := 0
	for i < len(s.excluded) && s.excluded[i:i+2] < item {
		i += 2
	}
	s.excluded = s.excluded[:i] + item + s.excluded[i:]
	return s
}

// closure is every position that the object at one spot can be moved to. It only grows; it is complete once nothing can
// be added. It is not grown at all until something is wanted that its first position does not have.
type closure struct {
	from     spot
	members  []position
	via      map[position]string // the key of the move to it, in its normal form
	wanted   bool
	complete bool
}

func (c *closure) has(p position) bool {
	_, ok := c.via[p]
	return ok
}

func (c *closure) add(p position, via string) {
	c.via[p] = via
	c.members = append(c.members, p)
}

// fact is whether a field can be resolved at a spot, requirements included. It turns true at most once.
type fact struct {
	at       spot
	name     string
	next     position
	ok       bool
	complete bool
}

type fieldAt struct {
	spot
	name string
}

// closureOf is the complete closure of a position.
func (w *walker) closureOf(p position) *closure {
	c := w.open(spot{position: p})
	w.want(c)
	w.settle()
	return c
}

// fieldFrom is where a field of the object at a position can lead.
func (w *walker) fieldFrom(p position, name string) []position {
	c := w.closureOf(p)
	w.advance(c, name) // opens the facts that it needs
	w.settle()
	return w.advance(c, name)
}

// settle completes what is open. Whether a key or a requirement can be resolved depends on other closures and facts, in
// cycles even: all of them grow together until nothing changes, which is the least fixed point.
func (w *walker) settle() {
	for changed := true; changed && !w.exhausted(); {
		changed = false
		before := w.openings
		for i := 0; i < len(w.opened); i++ {
			changed = w.grow(w.opened[i]) || changed
		}
		for i := 0; i < len(w.undecided); i++ {
			changed = w.decide(w.undecided[i]) || changed
		}
		changed = changed || w.openings > before
	}
	for _, c := range w.opened {
		c.complete = true
	}
	for _, f := range w.undecided {
		f.complete = true
	}
	w.opened, w.undecided = nil, nil
}

// maxOpenings bounds the closures and facts of one walker, maxDepth how many are decided within each other.
const (
	maxOpenings = 500_000
	maxDepth    = 500
)

func (w *walker) exhausted() bool { return w.openings > maxOpenings }

func (w *walker) open(at spot) *closure {
	c := w.reached[at]
	if c == nil {
		c = &closure{from: at, via: map[position]string{}}
		c.add(at.position, "")
		w.reached[at] = c
	}
	return c
}

func (w *walker) want(c *closure) {
	if !c.wanted {
		c.wanted = true
		w.opened = append(w.opened, c)
		w.openings++
	}
}

// grow adds to a closure what has become reachable. A move by the key that led to a position is not tried from there: the
// same move was there before.
func (w *walker) grow(c *closure) bool {
	grown := false
	for i := 0; i < len(c.members); i++ {
		from := c.members[i]
		for _, mv := range w.movesFrom(from) {
			if c.has(mv.to) || mv.to.graph == c.from.graph || c.from.excludes(mv.to.graph) {
				continue
			}
			if mv.key == nil || mv.normal != c.via[from] && w.hasKey(spot{from, c.from.excluded}, mv) {
				c.add(mv.to, mv.normal)
				grown = true
			}
		}
	}
	return grown
}

// hasKey reports whether the key for a move can be had without asking the graph that the move leads to.
func (w *walker) hasKey(from spot, mv move) bool {
	return w.resolvesAll(w.open(from.excluding(mv.to.graph, w.exclusionLimit())), mv.key.Fields)
}

func (w *walker) exclusionLimit() int {
	switch n := len(w.graphs); {
	case n <= 8:
		return 3
	case n <= 16:
		return 2
	}
	return 1
}

// resolvesAll reports whether every field of a set can be had of the object.
func (w *walker) resolvesAll(c *closure, set federation.FieldSet) bool {
	return !slices.ContainsFunc(set, func(sel *federation.FieldSelection) bool { return !w.resolves(c, sel) })
}

// resolves looks in the first position before it wants to move elsewhere.
func (w *walker) resolves(c *closure, sel *federation.FieldSelection) bool {
	switch {
	case sel.Name == "__typename":
		return true
	case sel.IsFragment():
		return w.resolvesFragment(c, sel)
	}
	if next, ok := w.advanceIn(c.from, sel.Name); ok && w.resolvesBelow(c, []position{next}, sel.Selections) {
		return true
	}
	w.want(c)
	next := w.advance(c, sel.Name)
	return len(next) > 0 && w.resolvesBelow(c, next, sel.Selections)
}

// resolvesBelow checks sub-selections, each of which may use another alternative.
func (w *walker) resolvesBelow(c *closure, next []position, set federation.FieldSet) bool {
	for _, sub := range set {
		resolved := slices.ContainsFunc(next, func(p position) bool {
			return w.resolves(w.open(spot{p, c.from.excluded}), sub)
		})
		if !resolved {
			return false
		}
	}
	return true
}

// resolvesFragment checks what applies to each object type that the fragment admits.
func (w *walker) resolvesFragment(c *closure, sel *federation.FieldSelection) bool {
	applies := false
	for _, name := range w.out.possibleTypes(sel.Type) {
		at, ok := w.narrowTo(c, name)
		if !ok {
			continue
		}
		reached := slices.ContainsFunc(at, func(p position) bool {
			return w.resolvesAll(w.open(spot{p, c.from.excluded}), sel.Selections)
		})
		if !reached {
			return false
		}
		applies = true
	}
	if t := w.typeAt(c.from.position); t != nil && t.Kind == ast.Object {
		return true
	}
	return applies // a graph that has no such type at all does not know when it is one
}

// narrowTo is where the object is, given its type; ok is false when it never has that type here.
func (w *walker) narrowTo(c *closure, name string) (at []position, ok bool) {
	if !w.isInterfaceObjectAt(c.from.position) {
		p, possible := w.downcast(c.from.position, name)
		return []position{p}, possible
	}
	w.want(c)
	known := false
	for _, p := range c.members {
		if w.isInterfaceObjectAt(p) {
			continue
		}
		known = true
		if narrowed, possible := w.downcast(p, name); possible {
			at = append(at, narrowed)
		}
	}
	return at, len(at) > 0 || !known
}

// advance is where a field of the object can lead: one position for each graph in reach that resolves it.
func (w *walker) advance(c *closure, name string) []position {
	var next []position
	for _, p := range c.members {
		if to, ok := w.advanceIn(spot{p, c.from.excluded}, name); ok && !slices.Contains(next, to) {
			next = append(next, to)
		}
	}
	return next
}

// advanceIn resolves a field in the spot's own graph, as far as that is known.
func (w *walker) advanceIn(at spot, name string) (next position, ok bool) {
	key := fieldAt{at, name}
	f := w.facts[key]
	if f == nil {
		f = &fact{at: at, name: name}
		w.facts[key] = f
		w.openings++
		w.depth++
		if w.depth < maxDepth {
			w.decide(f)
		}
		w.depth--
		if !f.ok && !f.complete {
			w.undecided = append(w.undecided, f)
		}
	}
	return f.next, f.ok
}

// decide re-considers an open fact; it reports whether it has become true.
func (w *walker) decide(known *fact) bool {
	if known.ok || known.complete {
		return false
	}
	next, f := w.direct(known.at.position, known.name)
	if f == nil {
		known.complete = true
		return false
	}
	known.next, known.ok = next, w.conditionsHold(known.at, f)
	return known.ok
}

// conditionsHold checks @requires, and on interfaces that every implementation resolves the field.
func (w *walker) conditionsHold(at spot, f *ast.FieldDefinition) bool {
	t, g := w.typeAt(at.position), w.graphs[at.graph]
	if requires, has := g.RequiresOf(t, f); has && !w.resolvesAll(w.open(at), requires) {
		return false
	} else if has && !w.canResume(at.position, requires) {
		return false
	}
	if t.Kind != ast.Interface {
		return true
	}
	for _, impl := range g.PossibleTypes(t.Name) {
		p, possible := w.downcast(at.position, impl)
		if !possible {
			continue
		}
		c := w.open(spot{p, at.excluded})
		w.want(c)
		if len(w.advance(c, f.Name)) == 0 {
			return false
		}
	}
	return true
}

// movesFrom are the moves that the position's type allows; they depend on the type only.
func (w *walker) movesFrom(p position) []move {
	found, ok := w.moves[p.local]
	if !ok {
		found = w.findMoves(p.local)
		w.moves[p.local] = found
	}
	return found
}

func (w *walker) findMoves(name string) []move {
	var found []move
	def := w.out.types[name]
	if def == nil {
		return nil
	}
	for i, g := range w.graphs {
		t := g.Types[name]
		switch {
		case w.isRoot(name):
			if t != nil {
				found = append(found, move{to: position{graph: i, local: name}})
			}
		case t != nil:
			found = append(found, keyMoves(g, t)...)
		case def.Kind == ast.Object:
			for _, itf := range def.Interfaces {
				if o := g.Types[itf]; o != nil && g.isInterfaceObject(o) {
					found = append(found, keyMoves(g, o)...)
				}
			}
		}
	}
	return found
}

func keyMoves(g *graph, t *federation.Type) []move {
	var found []move
	for _, key := range g.Keys(t) {
		if key.Resolvable {
			found = append(found, move{
				to: position{graph: g.index, local: t.Name}, key: &key, normal: key.Fields.Normal(),
			})
		}
	}
	return found
}

func (m *merger) isRoot(name string) bool {
	for _, root := range m.out.roots {
		if root == name {
			return true
		}
	}
	return false
}
