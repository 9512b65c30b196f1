package supergraph

import (
	"iter"
	"math/bits"
)

// TypeSet is a set of object types, numbered by Schema.Objects. The zero value is empty; operations return new sets.
type TypeSet []uint64

// Single is the set of one type among n.
func Single(i, n int) TypeSet {
	set := make(TypeSet, (n+63)/64)
	set[i/64] = 1 << (i % 64)
	return set
}

// Has reports whether the type of number i is a member.
func (t TypeSet) Has(i int) bool {
	return i/64 < len(t) && t[i/64]&(1<<(i%64)) != 0
}

// Empty reports whether there is no member.
func (t TypeSet) Empty() bool {
	for _, w := range t {
		if w != 0 {
			return false
		}
	}
	return true
}

// Len is the number of members.
func (t TypeSet) Len() int {
	n := 0
	for _, w := range t {
		n += bits.OnesCount64(w)
	}
	return n
}

// First is the lowest member, -1 of an empty set.
func (t TypeSet) First() int {
	for i, w := range t {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// Equal reports whether both sets have the same members.
func (t TypeSet) Equal(o TypeSet) bool { return t.SubsetOf(o) && o.SubsetOf(t) }

// SubsetOf reports whether o has every member of t.
func (t TypeSet) SubsetOf(o TypeSet) bool {
	for i, w := range t {
		if w&^o.word(i) != 0 {
			return false
		}
	}
	return true
}

// Intersects reports whether the sets share a member.
func (t TypeSet) Intersects(o TypeSet) bool {
	for i, w := range t {
		if w&o.word(i) != 0 {
			return true
		}
	}
	return false
}

// And is the intersection.
func (t TypeSet) And(o TypeSet) TypeSet {
	set := make(TypeSet, len(t))
	for i, w := range t {
		set[i] = w & o.word(i)
	}
	return set
}

// Or is the union.
func (t TypeSet) Or(o TypeSet) TypeSet {
	if len(o) > len(t) {
		t, o = o, t
	}
	set := make(TypeSet, len(t))
	for i, w := range t {
		set[i] = w | o.word(i)
	}
	return set
}

// Minus is the set of the members of t that o does not have.
func (t TypeSet) Minus(o TypeSet) TypeSet {
	set := make(TypeSet, len(t))
	for i, w := range t {
		set[i] = w &^ o.word(i)
	}
	return set
}

// All are the members, ascending.
func (t TypeSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range t {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

func (t TypeSet) word(i int) uint64 {
	if i < len(t) {
		return t[i]
	}
	return 0
}
