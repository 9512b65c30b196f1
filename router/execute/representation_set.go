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

// at is the index of what stands at a place of the table, which is endless by repetition; -1 for nothing.
func (s *representationSet) at(i uint64) int {
	return int(s.table[i&uint64(len(s.table)-1)]) - 1
}

// insert numbers a representation that is not there.
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
	var first, last uint64
	switch n := len(b); {
	case n > 16:
		return maphash.Bytes(s.seed, b)
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		first, last = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		first, last = uint64(b[0])<<8|uint64(b[n>>1]), uint64(b[n-1])
	}
	high, low := bits.Mul64(first^s.keys[0], last^s.keys[1]^uint64(len(b))<<56)
	return high ^ low
}
