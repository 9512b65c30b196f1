package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// move is a way to ask another graph about the same object: by a key, or for root types without one.
type move struct {
	to  position
	key *federation.KeyOf // nil for root types
}

// closure is every position that the object at one position can be moved to. It only grows; complete is set once nothing
// can be added.
type closure struct {
	from     position
	members  []position
	in       map[position]bool
	complete bool
}

func (c *closure) add(p position) bool {
	if c.in[p] {
		return false
	}
	c.in[p] = true
	c.members = append(c.members, p)
	return true
}

// fact is whether a field can be resolved at a position, requirements included. It turns true at most once.
type fact struct {
	at       position
	name     string
	next     position
	ok       bool
	complete bool
}

type fieldAt struct {
	position
	name string
}

// closureOf is the complete closure of a position.
func (w *walker) closureOf(p position) *closure {
	c := w.open(p)
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
	for changed := true; changed; {
		changed = false
		open := len(w.opened) + len(w.undecided)
		for i := 0; i < len(w.opened); i++ {
			changed = w.grow(w.opened[i]) || changed
		}
		for i := 0; i < len(w.undecided); i++ {
			changed = w.decide(w.undecided[i]) || changed
		}
		changed = changed || len(w.opened)+len(w.undecided) > open
	}
	for _, c := range w.opened {
		c.complete = true
	}
	for _, f := range w.undecided {
		f.complete = true
	}
	w.opened, w.undecided = nil, nil
}

func (w *walker) open(p position) *closure {
	c := w.reached[p]
	if c == nil {
		c = &closure{from: p, in: map[position]bool{}}
		c.add(p)
		w.reached[p] = c
		w.opened = append(w.opened, c)
	}
	return c
}

// grow adds to a closure what has become reachable.
func (w *walker) grow(c *closure) bool {
	grown := false
	for i := 0; i < len(c.members); i++ {
		for _, mv := range w.movesFrom(c.members[i]) {
			if !c.in[mv.to] && (mv.key == nil || w.resolvesAll(c, mv.key.Fields)) {
				grown = c.add(mv.to) || grown
			}
		}
	}
	return grown
}

// resolvesAll reports whether every field of a set can be had of the object.
func (w *walker) resolvesAll(c *closure, set federation.FieldSet) bool {
	return !slices.ContainsFunc(set, func(sel *federation.FieldSelection) bool { return !w.resolves(c, sel) })
}

func (w *walker) resolves(c *closure, sel *federation.FieldSelection) bool {
	switch {
	case sel.Name == "__typename":
		return true
	case sel.IsFragment():
		return w.resolvesFragment(c, sel)
	}
	next := w.advance(c, sel.Name)
	if len(next) == 0 || len(sel.Selections) == 0 {
		return len(next) > 0
	}
	return !slices.ContainsFunc(sel.Selections, func(sub *federation.FieldSelection) bool {
		return !slices.ContainsFunc(next, func(p position) bool { return w.resolves(w.open(p), sub) })
	})
}

// resolvesFragment checks what applies to each object type that the fragment admits.
func (w *walker) resolvesFragment(c *closure, sel *federation.FieldSelection) bool {
	for _, name := range w.out.possibleTypes(sel.Type) {
		at, ok := w.narrowTo(c, name)
		if !ok {
			continue
		}
		reached := slices.ContainsFunc(at, func(p position) bool { return w.resolvesAll(w.open(p), sel.Selections) })
		if !reached {
			return false
		}
	}
	return true
}

// narrowTo is where the object is, given its type; ok is false when it never has that type here.
func (w *walker) narrowTo(c *closure, name string) (at []position, ok bool) {
	if !w.isInterfaceObjectAt(c.from) {
		p, possible := w.downcast(c.from, name)
		return []position{p}, possible
	}
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
		if to, ok := w.advanceIn(p, name); ok && !slices.Contains(next, to) {
			next = append(next, to)
		}
	}
	return next
}

// advanceIn resolves a field in the position's own graph, as far as that is known.
func (w *walker) advanceIn(p position, name string) (next position, ok bool) {
	at := fieldAt{p, name}
	f := w.facts[at]
	if f == nil {
		f = &fact{at: p, name: name}
		w.facts[at] = f
		w.undecided = append(w.undecided, f)
	}
	return f.next, f.ok
}

// decide re-considers an open fact; it reports whether it has become true.
func (w *walker) decide(known *fact) bool {
	if known.ok || known.complete {
		return false
	}
	next, f := w.direct(known.at, known.name)
	if f == nil {
		known.complete = true
		return false
	}
	known.next, known.ok = next, w.conditionsHold(known.at, f)
	return known.ok
}

// conditionsHold checks @requires, contexts, and on interfaces that every implementation resolves the field.
func (w *walker) conditionsHold(p position, f *ast.FieldDefinition) bool {
	t, g := w.typeAt(p), w.graphs[p.graph]
	if requires, has := g.RequiresOf(t, f); has && !w.resolvesAll(w.open(p), requires) {
		return false
	}
	if t.Kind != ast.Interface {
		return w.contextsResolve(p, f)
	}
	for _, impl := range g.PossibleTypes(t.Name) {
		at, possible := w.downcast(p, impl)
		if possible && len(w.advance(w.open(at), f.Name)) == 0 {
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
			found = append(found, move{to: position{graph: g.index, local: t.Name}, key: &key})
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
