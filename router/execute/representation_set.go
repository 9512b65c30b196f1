package execute

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// representationSet numbers the representations of one entity field, equal ones alike. It is an open hash table.
type representationSet struct {
	seed  maphash.Seed
	keys  [2]uint64 // random
	table []int32   // 1 + index of sent, 0 for empty
	sent  []sent
}

// sent is a representation that has been sent: a flat one by the object that it was made of, any other by its place in
// the request's body.
type sent struct {
	hash       uint64
	rep        *representation
	at         uint32
	start, end int
}

const smallestTable = 64

func (s *representationSet) reset() {
	if s.table == nil {
		s.seed = maphash.MakeSeed()
		s.keys = [2]uint64{maphash.Bytes(s.seed, []byte{0}), maphash.Bytes(s.seed, []byte{1})}
		s.table = make([]int32, smallestTable)
	}
	clear(s.table)
	clear(s.sent)
	s.sent = s.sent[:0]
}

// find is the number of the representation of that hash that equal recognises.
func (s *representationSet) find(hash uint64, equal func(*sent) bool) (uint32, bool) {
	for i := hash; ; i++ {
		n := s.table[i&uint64(len(s.table)-1)]
		if n == 0 {
			return 0, false
		}
		if o := &s.sent[n-1]; o.hash == hash && equal(o) {
			return uint32(n - 1), true
		}
	}
}

// insert numbers a representation that find does not know.
func (s *representationSet) insert(o sent) uint32 {
	s.sent = append(s.sent, o)
	if len(s.sent)*2 >= len(s.table) {
		s.table = make([]int32, 4*len(s.table))
		for n := range s.sent {
			s.enter(n)
		}
	} else {
		s.enter(len(s.sent) - 1)
	}
	return uint32(len(s.sent) - 1)
}

func (s *representationSet) enter(n int) {
	i := s.sent[n].hash
	for s.table[i&uint64(len(s.table)-1)] != 0 {
		i++
	}
	s.table[i&uint64(len(s.table)-1)] = int32(n + 1)
}

// hash is fast for short texts: the halves, which overlap, are multiplied with random numbers in between, so that
// nobody outside can make values that collide.
func (s *representationSet) hash(b []byte) uint64 {
	n := len(b)
	if n < 8 || n > 16 {
		return maphash.Bytes(s.seed, b)
	}
	high, low := bits.Mul64(binary.LittleEndian.Uint64(b)^s.keys[0], binary.LittleEndian.Uint64(b[n-8:])^s.keys[1]^uint64(n))
	return high ^ low
}
