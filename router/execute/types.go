package execute

import "slices"

// noType is the number of a runtime type that is not known.
const noType uint16 = 0

// typeTable numbers the runtime types that a plan names, from 1 on.
type typeTable struct {
	ids   map[string]uint16
	names []string
}

func newTypeTable() *typeTable {
	return &typeTable{ids: map[string]uint16{}, names: []string{""}}
}

func (t *typeTable) id(name string) uint16 {
	if name == "" {
		return noType
	}
	if id, ok := t.ids[name]; ok {
		return id
	}
	id := uint16(len(t.names))
	t.ids[name] = id
	t.names = append(t.names, name)
	return id
}

// known says that id is one of a type that the plan names.
func (t *typeTable) known(id uint16) bool { return id != noType && int(id) < len(t.names) }

func (t *typeTable) set(names []string) typeSet {
	if names == nil {
		return nil
	}
	set := typeSet{}
	for _, name := range names {
		set = set.with(t.id(name))
	}
	return set
}

// typeSet is a set of runtime types; nil is the set of all, known or not.
type typeSet []uint64

func (s typeSet) with(id uint16) typeSet {
	word := int(id >> 6)
	if word >= len(s) {
		s = append(slices.Clip(s), make([]uint64, word+1-len(s))...)
	}
	s[word] |= 1 << (id & 63)
	return s
}

func (s typeSet) admits(id uint16) bool {
	if s == nil {
		return true
	}
	word := int(id >> 6)
	return word < len(s) && s[word]&(1<<(id&63)) != 0
}
