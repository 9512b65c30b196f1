package execute

import (
	"bytes"
	"hash/maphash"
	"slices"
)

// render makes a fetch's request body. It says no when there is nothing to ask: an entity fetch without
// representations, or one in a run that is over.
func (r *run) render(f *fetch) bool {
	state := &r.states[f.id]
	r.inheritFailure(f, state)
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
		c.target = &f.entities[i].targets[t]
		c.visit(value{kind: object, off: r.root}, c.target.path)
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
}

// visit goes down the path from v, through lists of any depth, and represents the objects at its end.
func (c *collector) visit(v value, path []step) {
	switch v.kind {
	case list:
		for i := range v.n {
			c.visit(c.run.arena[v.off+i], path)
		}
	case object:
		if len(path) == 0 {
			c.represent(v.off)
			return
		}
		if path[0].types.admits(c.run.arena[v.off].src) {
			c.visit(c.run.arena[v.off+uint32(path[0].slot)], path[1:])
		}
	}
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
	mark := len(c.body)
	if c.state.sent[c.field] > 0 {
		c.body = append(c.body, ',')
	}
	start := len(c.body)
	if !c.appendRepresentation(rep, at) {
		c.body = c.body[:mark]
		return
	}
	element, isNew := c.run.seen.add(c.body, start)
	if isNew {
		c.state.sent[c.field]++
	} else {
		c.body = c.body[:mark]
	}
	c.state.pairs[c.field] = append(c.state.pairs[c.field], pair{element: element, at: at})
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
			c.body = append(c.body, ',')
		}
		more = true
		c.body = append(c.body, m.quoted...)
		if !c.appendMember(m, at, typ) {
			return false
		}
	}
	c.body = append(c.body, '}')
	return true
}

func (c *collector) appendMember(m *member, at uint32, typ uint16) bool {
	if m.typename {
		name := c.run.typeName(typ)
		c.body = appendName(c.body, name)
		return name != ""
	}
	v := c.run.arena[at+uint32(m.slot)]
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
		c.body = c.run.appendText(c.body, v)
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

// appendText appends a value that is not made of others as it came.
func (r *run) appendText(dst []byte, v value) []byte {
	switch v.kind {
	case boolTrue:
		return append(dst, "true"...)
	case boolFalse:
		return append(dst, "false"...)
	case text:
		dst = append(dst, '"')
		dst = append(dst, r.bodies[v.src][v.off:v.off+v.n]...)
		return append(dst, '"')
	case number, raw:
		return append(dst, r.bodies[v.src][v.off:v.off+v.n]...)
	default:
		return append(dst, "null"...)
	}
}

func appendName(dst []byte, name string) []byte {
	return append(append(append(dst, '"'), name...), '"')
}

// representationSet numbers the representations of one entity field, equal ones alike. It is an open hash table of
// spans of the request's body.
type representationSet struct {
	seed  maphash.Seed
	table []int32 // 1 + index of spans, 0 for empty
	spans []span
}

type span struct {
	hash       uint64
	start, end int
}

func (s *representationSet) reset() {
	if s.table == nil {
		s.seed = maphash.MakeSeed()
		s.table = make([]int32, 64)
	}
	clear(s.table)
	s.spans = s.spans[:0]
}

// add numbers the text from start to the end of body, and says whether it is the first of its kind.
func (s *representationSet) add(body []byte, start int) (index uint32, isNew bool) {
	hash := maphash.Bytes(s.seed, body[start:])
	for i := hash; ; i++ {
		cell := &s.table[i&uint64(len(s.table)-1)]
		if *cell == 0 {
			s.spans = append(s.spans, span{hash, start, len(body)})
			*cell = int32(len(s.spans))
			s.growIfFull()
			return uint32(len(s.spans) - 1), true
		}
		if o := s.spans[*cell-1]; o.hash == hash && bytes.Equal(body[o.start:o.end], body[start:]) {
			return uint32(*cell - 1), false
		}
	}
}

func (s *representationSet) growIfFull() {
	if len(s.spans)*2 < len(s.table) {
		return
	}
	s.table = make([]int32, 4*len(s.table))
	for n, o := range s.spans {
		i := o.hash
		for s.table[i&uint64(len(s.table)-1)] != 0 {
			i++
		}
		s.table[i&uint64(len(s.table)-1)] = int32(n + 1)
	}
}
