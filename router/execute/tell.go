package execute

import (
	"encoding/json"
	"slices"
	"strconv"
)

// tell reports the errors that wait for the object at at, whose shape is s, with their paths in the client's terms. An
// object that is at several places of the response is reported at each.
func (c *completer) tell(s *shape, at uint32) {
	for i := range c.run.pending {
		p := &c.run.pending[i]
		if p.at != at || p.nowhere || p.told && (c.searching || c.run.p.Incremental()) || c.isOfAnotherPart(p, s) {
			continue
		}
		p.told = true
		e := p.error
		if len(p.rest) > 0 || len(c.path) > 0 {
			e.Path = translate(slices.Clone(c.path), s, p.rest)
		}
		c.add(e)
	}
}

// isOfAnotherPart says that an error is about a field that the shape does not have, in a response that comes in parts.
func (c *completer) isOfAnotherPart(p *pendingError, s *shape) bool {
	return c.run.p.Incremental() && len(p.rest) > 0 && s.field(keyOf(p.rest[0])) == nil
}

// translate appends to path what rest, a path by store keys, is by response keys of s. It ends at the first element that
// the client did not ask for.
func translate(path []PathElement, s *shape, rest []json.RawMessage) []PathElement {
	for _, element := range rest {
		if n, err := strconv.Atoi(string(element)); err == nil {
			path = append(path, PathElement{Index: n, IsIndex: true})
			continue
		}
		f := s.field(keyOf(element))
		if f == nil {
			return path
		}
		path = append(path, PathElement{Key: f.responseKey})
		if s = f.object; s == nil {
			s = &shape{}
		}
	}
	return path
}

func (s *shape) field(storeKey string) *field {
	for i := range s.fields {
		if s.fields[i].storeKey == storeKey {
			return &s.fields[i]
		}
	}
	return nil
}

// tellRest reports the errors whose objects were not completed: first those of objects beneath a value that became null,
// at the places where they would have been, then those of objects that the client did not ask for, which have no path.
// In a response that comes in parts, these wait for the last part.
func (c *completer) tellRest(s *shape, root uint32) {
	c.tellBeneath(s, root, noType)
	for i := range c.run.pending {
		if p := &c.run.pending[i]; !p.told && (p.nowhere || !c.run.p.Incremental()) {
			p.told = true
			c.add(p.error)
		}
	}
}

// tellBeneath reports the errors of objects beneath the one at at that were not completed.
func (c *completer) tellBeneath(s *shape, at uint32, typ uint16) {
	if slices.ContainsFunc(c.run.pending, func(p pendingError) bool { return !p.told && !p.nowhere }) {
		c.searching = true
		c.search(s, at, typ)
	}
}

// search goes through all objects of a shape as completion would, and reports what has not been reported.
func (c *completer) search(s *shape, at uint32, typ uint16) {
	if c.arena[at].kind == flaggedHead {
		c.tell(s, at)
	}
	for i := range s.fields {
		f := &s.fields[i]
		if f.object != nil && f.slot > 0 && f.types.admits(typ) {
			c.path = append(c.path, PathElement{Key: f.responseKey})
			c.searchValue(f, f.typ, c.arena[at+uint32(f.slot)])
			c.path = c.path[:len(c.path)-1]
		}
	}
}

func (c *completer) searchValue(f *field, t *typeShape, v value) {
	switch {
	case v.kind == list && t.elem != nil:
		for i := range v.n {
			c.path = append(c.path, PathElement{Index: int(i), IsIndex: true})
			c.searchValue(f, t.elem, c.arena[v.off+i])
			c.path = c.path[:len(c.path)-1]
		}
	case v.kind == object && t.elem == nil:
		if typ, ok := c.runtimeType(t, c.arena[v.off].src); ok {
			c.search(f.object, v.off, typ)
		}
	}
}
