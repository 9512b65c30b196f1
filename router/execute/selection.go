package execute

import (
	"devportal.internal/router/plan"
)

const typenameKey = "__typename"

// selection is what an answer holds at one object: how its keys, in the order in which they are expected, map to slots.
type selection struct {
	size   int
	typ    uint16
	keys   []selectionKey
	slots  []uint32 // those that the keys are written to
	copied bool     // objects made by it must be copied when they are used twice

	// shared is, where equal objects made by it may be one, 1 + its number among such selections.
	shared int
}

type selectionKey struct {
	quoted   string // the key as it stands in JSON
	colon    string // with the colon
	name     string
	slot     int
	typename bool
	sub      *selection // nil for leaves
}

// selection compiles a selection set whose objects are at s.
func (c *compiler) selection(set plan.SelectionSet, s *site) *selection {
	s = s.find()
	out := &selection{size: s.size(), copied: s.anyWritten(map[*site]bool{})}
	c.addKeys(out, set, s)
	return out
}

func (c *compiler) addKeys(out *selection, set plan.SelectionSet, s *site) {
	for _, sel := range set {
		if sel.Key == typenameKey {
			out.add(selectionKey{name: typenameKey, typename: true})
			continue
		}
		key := selectionKey{name: sel.Key, slot: s.slots[sel.Key].slot}
		if s.slots[sel.Key].sub != nil {
			key.sub = c.subSelection(out, sel, s.slots[sel.Key].sub)
		}
		out.add(key)
	}
}

// subSelection compiles the selections beneath a key; a key that comes again adds to what it had.
func (c *compiler) subSelection(out *selection, sel plan.Selection, s *site) *selection {
	s = s.find()
	if i := out.index(sel.Key); i >= 0 && out.keys[i].sub != nil {
		sub := out.keys[i].sub
		c.addKeys(sub, sel.Sub, s)
		if typ := c.types.id(sel.Typename); typ != sub.typ {
			sub.typ = noType
		}
		return sub
	}
	sub := c.selection(sel.Sub, s)
	sub.typ = c.types.id(sel.Typename)
	return sub
}

func (s *selection) index(name string) int {
	for i := range s.keys {
		if s.keys[i].name == name {
			return i
		}
	}
	return -1
}

func (s *selection) add(key selectionKey) {
	if s.index(key.name) >= 0 {
		return
	}
	key.quoted = `"` + key.name + `"`
	key.colon = key.quoted + ":"
	if !key.typename {
		s.slots = append(s.slots, uint32(key.slot))
	}
	s.keys = append(s.keys, key)
}
