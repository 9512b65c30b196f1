package execute

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// numbering is an open hash table of things that are kept elsewhere, numbered from 0 in the order in which they came.
type numbering struct {
	seed   maphash.Seed
	keys   [2]uint64 // random
	places []int32   // 1 + number, 0 for empty
	hashes []uint64  // by number
}

const smallestTable = 64

func (t *numbering) reset() {
	if t.places == nil {
		t.seed = maphash.MakeSeed()
		t.keys = [2]uint64{maphash.Bytes(t.seed, []byte{0}), maphash.Bytes(t.seed, []byte{1})}
		t.places = make([]int32, smallestTable)
	}
	if len(t.hashes) > 0 {
		clear(t.places)
		t.hashes = t.hashes[:0]
	}
}

// at is the number of what stands at a place of the table, which is endless by repetition; -1 for nothing.
func (t *numbering) at(place uint64) int {
	return int(t.places[place&uint64(len(t.places)-1)]) - 1
}

// insert numbers a thing that is not there.
func (t *numbering) insert(hash uint64) uint32 {
	t.hashes = append(t.hashes, hash)
	if len(t.hashes)*2 >= len(t.places) {
		t.places = make([]int32, 4*len(t.places))
		for n := range t.hashes {
			t.enter(n)
		}
	} else {
		t.enter(len(t.hashes) - 1)
	}
	return uint32(len(t.hashes) - 1)
}

func (t *numbering) enter(n int) {
	place := t.hashes[n]
	for t.at(place) >= 0 {
		place++
	}
	t.places[place&uint64(len(t.places)-1)] = int32(n + 1)
}

// hash is fast for short texts: the halves, which overlap, are multiplied with random numbers in between, so that
// nobody outside can make values that collide.
func (t *numbering) hash(b []byte) uint64 {
	var first, last uint64
	switch n := len(b); {
	case n > 16:
		return maphash.Bytes(t.seed, b)
	case n >= 8:
		first, last = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		first, last = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		first, last = uint64(b[0])<<8|uint64(b[n>>1]), uint64(b[n-1])
	}
	return t.mix(first, last^uint64(len(b))<<56)
}

// mix makes a hash of two numbers, the order of which matters.
func (t *numbering) mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^t.keys[0], b^t.keys[1])
	return high ^ low
}
