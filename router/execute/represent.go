package execute

import (
	"bytes"
	"math/bits"
	"slices"
)

// render makes a fetch's request body. It says no when there is nothing to ask: an entity fetch without
// representations, or one in a run that is over.
func (r *run) render(f *fetch) bool {
	state := &r.states[f.id]
	r.inheritFailure(f, state)
	if f.contextual {
		return r.renderContextual(f, state)
	}
	if len(f.path) > 0 {
		r.marks++
		if state.objects = r.objectsAt(nil, value{kind: object, off: r.root}, f.path); len(state.objects) == 0 {
			return false
		}
	}
	body := append(state.body[:0], f.head...)
	body = append(body, `,"variables":{`...)
	body, some := f.appendVariables(body, r.req.Variables)
	asked := len(f.entities) == 0
	for i, e := range f.entities {
		if some {
			body = append(body, ',')
		}
		some = true
		body = append(append(body, e.variable...), '[')
		body = r.representations(f, i, body)
		body = append(body, ']')
		asked = asked || state.sent[i] > 0
	}
	state.body = append(body, '}', '}')
	if !asked && state.tainted {
		state.failed = true
	}
	return asked
}

// inheritFailure marks a fetch whose representations may be missing because a fetch before it failed.
func (r *run) inheritFailure(f *fetch, state *fetchState) {
	for _, id := range f.dependsOn {
		before := &r.states[id]
		if len(f.entities) > 0 && (before.failed || before.tainted) && !state.tainted {
			state.tainted, state.err, state.culprit = true, before.err, before.culprit
		}
	}
}

// representations appends what identifies the objects at the targets of entity field i, each once.
func (r *run) representations(f *fetch, i int, body []byte) []byte {
	state := &r.states[f.id]
	state.pairs[i], state.sent[i] = state.pairs[i][:0], 0
	r.seen.reset()
	c := collector{run: r, state: state, field: i, body: body}
	for t := range f.entities[i].targets {
		c.aim(&f.entities[i].targets[t])
		c.visitObject(r.root, c.target.path)
	}
	return c.body
}

// collector gathers the representations of one entity field.
type collector struct {
	run    *run
	state  *fetchState
	field  int
	target *target
	body   []byte

	// first is the mark that says of a shared object that it was visited with nothing left of the target's path; one step
	// further from the end is one more.
	first uint32
}

// aim makes target the next one, with marks of its own.
func (c *collector) aim(t *target) {
	c.target = t
	c.first = c.run.marks + 1
	c.run.marks += uint32(len(t.path)) + 1
}

// visited says that a shared object has been visited with as much left of the path, and marks it. What is found from
// there on has been found then.
func (c *collector) visited(at uint32, left int) bool {
	h := &c.run.arena[at]
	mark := c.first + uint32(left)
	if h.off == mark {
		return true
	}
	h.off = mark
	return false
}

// visit goes down the path from v, through lists of any depth, and represents the objects at its end.
func (c *collector) visit(v value, path []step) {
	switch v.kind {
	case list:
		for _, item := range c.run.arena[v.off : v.off+v.n] {
			c.visit(item, path)
		}
	case object:
		c.visitObject(v.off, path)
	}
}

func (c *collector) visitObject(at uint32, path []step) {
	for i := range path {
		if c.run.sharing.found && c.visited(at, len(path)-i) || !path[i].types.admits(c.run.arena[at].src) {
			return
		}
		v := c.run.arena[at+uint32(path[i].slot)]
		if v.kind != object {
			c.visit(v, path[i+1:])
			return
		}
		at = v.off
	}
	if c.run.sharing.found && c.visited(at, 0) {
		return
	}
	c.represent(at)
}

// represent appends the representation of the object at at, unless it is incomplete or has been sent before, and pairs
// the object with it.
func (c *collector) represent(at uint32) {
	typ := c.run.arena[at].src
	for i := range c.target.representations {
		if rep := &c.target.representations[i]; rep.types.admits(typ) {
			c.send(rep, at)
			return
		}
	}
}

func (c *collector) send(rep *representation, at uint32) {
	hash, isFlat := c.hash(rep, at)
	if isFlat {
		if element, ok := c.find(hash, rep, at); ok {
			c.pair(element, at)
			return
		}
	}
	mark := len(c.body)
	if c.state.sent[c.field] > 0 {
		c.body = append(c.body, ',')
	}
	start := len(c.body)
	if !c.appendRepresentation(rep, at) {
		c.body = c.body[:mark]
		return
	}
	if isFlat {
		c.state.sent[c.field]++
		c.pair(c.run.seen.insert(hash, sent{rep: rep, at: at}), at)
		return
	}
	c.sendText(mark, start, at)
}

// sendText keeps the representation from start on, which is preceded by a comma from mark on, unless an equal text has
// been sent before.
func (c *collector) sendText(mark, start int, at uint32) {
	made := c.body[start:]
	hash := c.run.seen.hash(made)
	element, ok := c.findText(hash, made)
	if ok {
		c.body = c.body[:mark]
	} else {
		element = c.run.seen.insert(hash, sent{start: start, end: len(c.body)})
		c.state.sent[c.field]++
	}
	c.pair(element, at)
}

func (c *collector) findText(hash uint64, text []byte) (uint32, bool) {
	seen := &c.run.seen
	for i := hash; ; i++ {
		n := seen.at(i)
		if n < 0 {
			return 0, false
		}
		if o := &seen.sent[n]; seen.hashes[n] == hash && o.rep == nil && bytes.Equal(c.body[o.start:o.end], text) {
			return uint32(n), true
		}
	}
}

func (c *collector) pair(element, at uint32) {
	c.state.pairs[c.field] = append(c.state.pairs[c.field], pair{element: element, at: at})
}

// hash is that of the values of a flat representation; it says no where one of them is not a leaf.
func (c *collector) hash(rep *representation, at uint32) (uint64, bool) {
	if !rep.isFlat {
		return 0, false
	}
	hash := rep.form
	for i := range rep.members {
		v := c.run.arena[at+uint32(rep.members[i].slot)]
		if !v.isLeaf() {
			return 0, false
		}
		hash = bits.RotateLeft64(hash, 29) ^ c.run.seen.hash(c.run.bodies[v.src][v.off:v.off+v.n])
	}
	return hash, true
}

// find is the number of the representation that was sent with the hash and the text of a flat one.
func (c *collector) find(hash uint64, rep *representation, at uint32) (uint32, bool) {
	seen := &c.run.seen
	for i := hash; ; i++ {
		n := seen.at(i)
		if n < 0 {
			return 0, false
		}
		if o := &seen.sent[n]; seen.hashes[n] == hash && c.isSame(o, rep, at) {
			return uint32(n), true
		}
	}
}

// isSame says that a flat representation of the object at at has the same text as one that was sent.
func (c *collector) isSame(o *sent, rep *representation, at uint32) bool {
	if o.rep == nil || o.rep.form != rep.form {
		return false
	}
	r := c.run
	for i := range rep.members {
		x, y := r.arena[o.at+uint32(o.rep.members[i].slot)], r.arena[at+uint32(rep.members[i].slot)]
		if !bytes.Equal(r.bodies[x.src][x.off:x.off+x.n], r.bodies[y.src][y.off:y.off+y.n]) {
			return false
		}
	}
	return true
}

func (c *collector) appendRepresentation(rep *representation, at uint32) bool {
	if rep.typename != nil {
		c.body = append(c.body, rep.typename...)
	} else {
		name := c.run.typeName(c.run.arena[at].src)
		if name == "" {
			return false
		}
		c.body = append(c.body, `{"__typename":`...)
		c.body = appendName(c.body, name)
	}
	return c.appendMembers(rep.members, at, true)
}

// appendMembers appends the members and the closing brace; more says that a member stands before them.
func (c *collector) appendMembers(members []member, at uint32, more bool) bool {
	typ := c.run.arena[at].src
	for i := range members {
		m := &members[i]
		if !m.types.admits(typ) {
			continue
		}
		if more {
			c.body = append(c.body, m.quoted...)
		} else {
			c.body = append(c.body, m.quoted[1:]...)
		}
		more = true
		v := c.run.arena[at+uint32(m.slot)]
		if v.isLeaf() {
			c.body = c.run.appendLeaf(c.body, v)
		} else if !c.appendMember(m, v, typ) {
			return false
		}
	}
	c.body = append(c.body, '}')
	return true
}

// appendMember appends a value that is no text; the slot of a __typename is the head of the object.
func (c *collector) appendMember(m *member, v value, typ uint16) bool {
	if m.typename {
		name := c.run.typeName(typ)
		c.body = appendName(c.body, name)
		return name != ""
	}
	if v.isNothing() {
		c.body = append(c.body, "null"...)
		return m.nullable && (v.kind == null || !c.run.anyFailed(m.writers))
	}
	return c.appendValue(m, v)
}

func (c *collector) appendValue(m *member, v value) bool {
	switch v.kind {
	case list:
		return c.appendList(m, v)
	case object:
		if m.members == nil {
			return false
		}
		c.body = append(c.body, '{')
		return c.appendMembers(m.members, v.off, false)
	default:
		c.body = c.run.appendLeaf(c.body, v)
		return true
	}
}

// appendList appends the items; one that is null is sent as null.
func (c *collector) appendList(m *member, v value) bool {
	c.body = append(c.body, '[')
	for i := range v.n {
		if i > 0 {
			c.body = append(c.body, ',')
		}
		item := c.run.arena[v.off+i]
		if item.isNothing() {
			c.body = append(c.body, "null"...)
		} else if !c.appendValue(m, item) {
			return false
		}
	}
	c.body = append(c.body, ']')
	return true
}

func (r *run) anyFailed(fetches []int) bool {
	return slices.ContainsFunc(fetches, func(id int) bool { return r.states[id].failed || r.states[id].tainted })
}

// appendLeaf appends a leaf as it came.
func (r *run) appendLeaf(dst []byte, v value) []byte {
	return append(dst, r.bodies[v.src][v.off:v.off+v.n]...)
}

func appendName(dst []byte, name string) []byte {
	return append(append(append(dst, '"'), name...), '"')
}
