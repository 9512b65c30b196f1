package execute

import (
	"encoding/json"
	"slices"
	"strconv"
)

// tell reports the errors that wait for the object at at, whose shape is s, with their paths in the client's terms.
func (c *completer) tell(s *shape, at uint32) {
	for i := range c.run.pending {
		p := &c.run.pending[i]
		if p.at != at || p.nowhere || p.told && len(c.path) == 0 {
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

// tellRest reports the errors whose objects are not in the response.
func (c *completer) tellRest() {
	for i := range c.run.pending {
		if p := &c.run.pending[i]; !p.told {
			p.told = true
			c.add(p.error)
		}
	}
}
