package conformance_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// world is a random schema that has been split into subgraphs. Every field has its home subgraphs; a subgraph has a
// type's key, the fields whose home it is, and as external what it requires or provides.
type world struct {
	subgraphs int
	entities  []*entityType
	values    []*valueType
	iface     *interfaceType // nil when there is none
	union     *unionType     // nil when there is none
	roots     []*field
	mutations []*field

	subscriptions []*field

	// abstract is set where the interface VI and the union VU hold the value types.
	abstract bool

	// federation1 are the subgraphs that are written for federation 1, renamed those with root types of other names.
	federation1, renamed []bool
}

type entityType struct {
	name   string
	fields []*field
	keys   [][]string // by subgraph; empty where the type is not known
	stub   []bool     // by subgraph: it cannot be asked for the type, and only refers to it
	isOf   *interfaceType

	// links are, by subgraph, keys that the type is referred to by there, beside those that it can be asked for by.
	links [][]string
}

type valueType struct {
	name   string
	fields []*field
}

// interfaceType is an entity interface: home has its implementers, object knows it as an interface object (-1: nobody
// does).
type interfaceType struct {
	home, object int
	members      []*entityType
	fields       []*field // of the interface object
	common       *field   // of the interface and its implementers; nil when there is none
}

type unionType struct {
	home    int
	members []*entityType
}

// field is a field with the type Wrap(Name): wrap holds a %s.
type field struct {
	name     string
	named    string
	wrap     string
	argument bool
	preset   bool // the argument has a default value
	homes    []int
	from     []int  // a subgraph whose field this one overrides
	label    string // of a progressive override; "" for one that always holds
	active   bool   // the override holds
	requires string // a field set
	needs    []*field
	provides *field
	inside   string // what is provided of a field that is an object
	isNeeded bool   // by another's @requires
}

func (f *field) typ() string { return fmt.Sprintf(f.wrap, f.named) }

func (f *field) isAt(subgraph int) bool { return slices.Contains(f.homes, subgraph) }

func (f *field) isLeaf() bool { return isScalar(f.named) }

func isScalar(name string) bool {
	return slices.Contains([]string{"String", "Int", "Boolean", "ID", "Float", "Color"}, name)
}

// drawer draws a world.
type drawer struct {
	t *rapid.T
	w *world
	// plain draws what the test of rights can judge by itself: no @defer, mutation, @override, abstract value type, key of
	// several fields, nor @requires in an interface object.
	plain bool
}

func (d *drawer) int(low, high int) int { return rapid.IntRange(low, high).Draw(d.t, "n") }

func (d *drawer) oneIn(n int) bool { return d.int(1, n) == 1 }

func pick[T any](d *drawer, list []T) T { return list[d.int(0, len(list)-1)] }

func drawWorld(t *rapid.T, plain bool) *world {
	d := &drawer{t: t, plain: plain, w: &world{subgraphs: rapid.IntRange(2, 4).Draw(t, "subgraphs")}}
	for n := range d.int(2, 4) {
		d.w.entities = append(d.w.entities, &entityType{name: fmt.Sprintf("E%d", n)})
	}
	for n := range d.int(0, 2) {
		v := &valueType{name: fmt.Sprintf("V%d", n)}
		for i := range d.int(1, 3) {
			f := d.leaf(fmt.Sprintf("v%d", i))
			f.isNeeded = true // perhaps
			v.fields = append(v.fields, f)
		}
		d.w.values = append(d.w.values, v)
	}
	d.w.abstract = !plain && len(d.w.values) > 0 && d.oneIn(2)
	d.drawInterface()
	for range d.w.subgraphs {
		s := len(d.w.federation1)
		own := d.w.iface != nil && (s == d.w.iface.home || s == d.w.iface.object)
		d.w.federation1 = append(d.w.federation1, !own && d.oneIn(5))
		d.w.renamed = append(d.w.renamed, d.oneIn(5))
	}
	for _, e := range d.w.entities {
		d.drawKeys(e)
	}
	d.drawUnion()
	for _, e := range d.w.entities {
		d.drawFields(e)
	}
	for _, e := range d.w.entities {
		d.drawNeeds(e)
	}
	d.drawRoots()
	if !plain {
		for _, e := range d.w.entities {
			d.drawOverrides(e)
		}
		d.drawMutations()
		d.drawSubscriptions()
	}
	return d.w
}

func (d *drawer) leaf(name string) *field {
	wraps := []string{"%s", "%s!", "[%s]", "[%s!]!"}
	return &field{name: name, named: pick(d, []string{"String", "Int", "Boolean", "ID", "Color"}), wrap: pick(d, wraps[:d.int(1, 4)])}
}

// drawInterface makes an interface of some entities, which a subgraph without them may know as an interface object.
func (d *drawer) drawInterface() {
	if d.oneIn(2) {
		return
	}
	i := &interfaceType{home: d.int(0, d.w.subgraphs-1), object: -1, members: d.w.entities[:d.int(1, 2)]}
	if other := d.int(0, d.w.subgraphs-1); other != i.home {
		i.object = other
		for n := range d.int(1, 2) {
			f := d.leaf(fmt.Sprintf("o%d", n))
			f.homes = []int{other}
			f.isNeeded = true // it is asked for before the object's type is known: its failure may null too much
			i.fields = append(i.fields, f)
		}
	}
	if d.oneIn(2) {
		i.common = d.leaf("c0")
		i.common.homes = []int{i.home}
		for _, f := range i.fields {
			if !d.plain && d.oneIn(3) {
				f.requires, f.needs = "c0", []*field{i.common}
				i.common.isNeeded = true
			}
		}
	}
	for _, e := range i.members {
		e.isOf = i
		if i.common != nil {
			e.fields = append(e.fields, i.common)
		}
	}
	d.w.iface = i
}

// drawKeys says where a type is known, and by which keys.
func (d *drawer) drawKeys(e *entityType) {
	e.keys = make([][]string, d.w.subgraphs)
	e.stub = make([]bool, d.w.subgraphs)
	e.links = make([][]string, d.w.subgraphs)
	codes := d.oneIn(3)
	for s := range e.keys {
		switch {
		case e.isOf != nil && s == e.isOf.object:
		case e.isOf != nil && s == e.isOf.home, !codes && !d.oneIn(4):
			e.keys[s] = []string{"id"}
		case codes:
			e.keys[s] = d.drawKeySets()
		}
		e.stub[s] = (e.isOf == nil || s != e.isOf.home) && !d.w.federation1[s] && d.oneIn(8)
		if e.keys[s] != nil && !d.w.federation1[s] && !d.plain && d.oneIn(8) {
			e.links[s] = []string{pick(d, []string{"code", "id", "id code", "box { y }"})}
		}
	}
	if len(e.at()) == 0 {
		e.keys[0], e.stub[0] = []string{"id"}, false
	}
}

func (d *drawer) drawKeySets() []string {
	sets := [][]string{{"id"}, {"code"}, {"id", "code"}, {"id", "code"}}
	if !d.plain {
		sets = append(sets, []string{"id code"}, []string{"id", "box { x }"}, []string{"box { x y }"}, []string{"code box { y }", "id"})
	}
	return pick(d, sets)
}

func (e *entityType) at() []int {
	var at []int
	for s, keys := range e.keys {
		if keys != nil && !e.stub[s] {
			at = append(at, s)
		}
	}
	return at
}

// hasKey reports whether a key's field is in a subgraph.
func (e *entityType) hasKey(s int, name string) bool {
	return slices.ContainsFunc(slices.Concat(e.keys[s], e.links[s]), func(key string) bool { return slices.Contains(strings.Fields(key), name) })
}

func (d *drawer) drawUnion() {
	if d.oneIn(2) {
		return
	}
	u := &unionType{home: d.int(0, d.w.subgraphs-1)}
	for _, e := range d.w.entities {
		if e.keys[u.home] != nil {
			u.members = append(u.members, e)
		}
	}
	if len(u.members) > 0 {
		d.w.union = u
	}
}

func (d *drawer) drawFields(e *entityType) {
	for n := range d.int(2, 6) {
		name := fmt.Sprintf("f%d", n)
		f := d.leaf(name)
		f.homes = []int{pick(d, e.at())}
		if d.oneIn(2) {
			d.makeComposite(f)
		} else if other := pick(d, e.at()); d.oneIn(4) && !f.isAt(other) {
			f.homes = append(f.homes, other)
		}
		f.argument = len(f.homes) == 1 && d.oneIn(5)
		f.preset = f.argument && d.oneIn(2)
		e.fields = append(e.fields, f)
	}
}

// makeComposite makes f a reference to something that its home knows.
func (d *drawer) makeComposite(f *field) {
	home := f.homes[0]
	var names []string
	for _, e := range d.w.entities {
		if e.keys[home] != nil {
			names = append(names, e.name)
		}
	}
	for _, v := range d.w.values {
		names = append(names, v.name)
	}
	if d.w.abstract {
		names = append(names, "VI", "VU")
	}
	if i := d.w.iface; i != nil && (home == i.home || home == i.object) {
		names = append(names, "I")
	}
	if u := d.w.union; u != nil && home == u.home {
		names = append(names, "U")
	}
	if len(names) > 0 {
		f.named = pick(d, names)
		f.wrap = pick(d, []string{"%s", "%s", "%s!", "[%s]", "[%s!]!", "[[%s]]"})
	}
}

// drawNeeds adds @requires and @provides. A field requires only fields before it, so that there are no circles.
func (d *drawer) drawNeeds(e *entityType) {
	for n, f := range e.fields {
		if len(f.homes) != 1 {
			continue
		}
		if d.oneIn(2) {
			d.drawRequires(f, e.fields[:n])
		}
		target := d.w.entity(f.named)
		if target == nil || d.oneIn(2) {
			continue
		}
		for _, g := range target.fields {
			value := d.w.value(g.named)
			if (g.isLeaf() || value != nil && !d.plain) && !g.isAt(f.homes[0]) && !g.argument && g.requires == "" && d.oneIn(2) {
				f.provides = g
				if f.inside = ""; value != nil {
					f.inside = " { " + value.fields[0].name + " }"
				}
				if len(g.homes) == 1 {
					g.homes = append(g.homes, -1) // shareable, for it is resolved elsewhere too
				}
			}
		}
	}
}

func (d *drawer) drawRequires(f *field, before []*field) {
	var sets []string
	for _, g := range before {
		target := d.w.entity(g.named)
		if g.isAt(f.homes[0]) || !d.oneIn(2) || g.named == "I" || g.named == "U" ||
			target != nil && !target.hasKey(f.homes[0], "id") {
			continue
		}
		set := g.name
		if g.argument {
			set += fmt.Sprintf("(n: %d)", d.int(1, 3))
		}
		if v := d.w.value(g.named); v != nil {
			set += " { " + v.fields[0].name + " }"
		}
		if target != nil {
			set += " { id }"
		}
		if g.named == "VI" || g.named == "VU" {
			set += d.abstractSet(g.named)
		}
		sets = append(sets, set)
		f.needs = append(f.needs, g)
		g.isNeeded = true
	}
	f.requires = strings.Join(sets, " ")
}

// abstractSet selects from VI or VU, by fragments on the value types.
func (d *drawer) abstractSet(named string) string {
	set := " { __typename"
	if named == "VI" && d.oneIn(2) {
		set += " vi"
	}
	for _, v := range d.w.values {
		if d.oneIn(2) {
			set += " ... on " + v.name + " { " + pick(d, v.fields).name + " }"
		}
	}
	return set + " }"
}

// drawOverrides moves fields from a subgraph that has them still.
func (d *drawer) drawOverrides(e *entityType) {
	for _, f := range e.fields {
		at := e.at()
		if e.isOf != nil || len(f.homes) != 1 || f.provides != nil || f.requires != "" || f.isNeeded || len(at) < 2 || !d.oneIn(6) {
			continue
		}
		from := pick(d, at)
		if from != f.homes[0] && !d.w.federation1[f.homes[0]] && d.w.knows(from, f.named) && !d.w.usesExternally(e, f, from) {
			f.from, f.active = []int{from}, true
			if d.oneIn(2) {
				f.label, f.active = fmt.Sprintf("label-%s.%s", e.name, f.name), d.oneIn(2)
			}
		}
	}
}

// drawMutations adds fields whose values tell when they were called.
func (d *drawer) drawMutations() {
	for n := range d.int(0, 4) {
		f := &field{name: fmt.Sprintf("m%d", n), named: "Int", wrap: "%s", homes: []int{d.int(0, d.w.subgraphs-1)}}
		if e := pick(d, d.w.entities); d.oneIn(2) && e.keys[f.homes[0]] != nil {
			f.named = e.name
		}
		if other := d.int(0, d.w.subgraphs-1); d.oneIn(3) && !f.isAt(other) && d.w.knows(other, f.named) {
			f.homes = append(f.homes, other)
		}
		d.w.mutations = append(d.w.mutations, f)
	}
}

// drawSubscriptions adds fields whose events lead to other subgraphs.
func (d *drawer) drawSubscriptions() {
	for n := range d.int(0, 2) {
		f := &field{name: fmt.Sprintf("s%d", n), named: "Int", wrap: "%s", homes: []int{d.int(0, d.w.subgraphs-1)}}
		d.makeComposite(f)
		d.w.subscriptions = append(d.w.subscriptions, f)
	}
}

// knows reports whether a subgraph has a type that a field may have.
func (w *world) knows(s int, named string) bool {
	if e := w.entity(named); e != nil {
		return e.keys[s] != nil
	}
	return named != "I" && named != "U"
}

// labels are those of the progressive overrides that hold.
func (w *world) labels() []string {
	var labels []string
	for _, e := range w.entities {
		for _, f := range e.fields {
			if f.label != "" && f.active {
				labels = append(labels, f.label)
			}
		}
	}
	return labels
}

func (d *drawer) drawRoots() {
	for n := range d.int(1, 3) {
		f := &field{name: fmt.Sprintf("q%d", n), named: "String", wrap: "%s", homes: []int{d.int(0, d.w.subgraphs-1)}}
		d.makeComposite(f)
		if e := d.w.entity(f.named); e != nil && d.oneIn(3) {
			if other := pick(d, e.at()); !f.isAt(other) {
				f.homes = append(f.homes, other)
			}
		}
		d.w.roots = append(d.w.roots, f)
	}
}

func (w *world) entity(name string) *entityType {
	for _, e := range w.entities {
		if e.name == name {
			return e
		}
	}
	return nil
}

func (w *world) value(name string) *valueType {
	for _, v := range w.values {
		if v.name == name {
			return v
		}
	}
	return nil
}
