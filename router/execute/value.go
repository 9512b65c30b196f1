package execute

// kind is what a value is.
type kind uint8

const (
	absent      kind = iota // no fetch has written the slot
	null                    // a subgraph said null
	boolean                 // true or false
	integer                 // a number of at most nine digits, without fraction and exponent
	number                  // any other number
	text                    // a string
	raw                     // an object or list that no selection looks into
	object                  // off: its head in the arena, the slots follow
	list                    // off, n: its elements in the arena
	head                    // the first value of an object
	flaggedHead             // the same, of an object whose completion errors wait for
)

// value is a JSON value of a subgraph's answer, or the head of an object. That of a value from null to raw stands in body
// number src, n bytes from off on. It has four members because the compiler keeps no larger structure in registers.
type value struct {
	kind kind
	src  uint16 // on a head: the runtime type, 0 when it is not known
	off  uint32 // on a head: a mark of who passed by last, the number of what was written of the object in the end
	n    uint32 // on a head: the object's size, the head included
}

// isLeaf says that v is not null and not made of other values.
func (v value) isLeaf() bool { return v.kind > null && v.kind < object }

// isNothing says that v reads as null.
func (v value) isNothing() bool { return v.kind <= null }

// arena holds the objects and lists of a run.
type arena []value

// object makes an object of size slots, the head included.
func (a *arena) object(size int, typ uint16) uint32 {
	at := len(*a)
	*a = grow(*a, size)
	(*a)[at] = value{kind: head, src: typ, n: uint32(size)}
	return uint32(at)
}

func (a *arena) list(elements []value) value {
	at := len(*a)
	*a = append(*a, elements...)
	return value{kind: list, off: uint32(at), n: uint32(len(elements))}
}

// grow makes s longer by n zero values.
func grow(s []value, n int) []value {
	old := len(s)
	if old+n <= cap(s) {
		s = s[:old+n]
		clear(s[old:])
		return s
	}
	return append(s, make([]value, n)...)
}
