package execute

import "bytes"

// sharing finds objects of one answer that have the same text, and makes them one: what is asked of a graph often comes
// by the same things many times. They are then decoded, represented and completed once, and the response copies what was
// written of the first. For which selections that is right, share decides when a plan is compiled.
type sharing struct {
	numbering
	known   []known // by number
	tallies []tally // by selection

	found   bool // something is shared in this run
	written []written
}

// known is an object that was decoded, and its text: body[start:end].
type known struct {
	at, start, end uint32
	selection      int
	depth          int // levels that could still be opened where it began
}

// tally is how many objects of a selection an answer has had so far, and how many of these were known.
type tally struct{ tried, found uint32 }

// Where fewer than one object in worthwhile is known, among the first enough or more, no more are looked for.
const (
	enough     = 32
	worthwhile = 4
)

func (t *tally) isWorthwhile() bool { return t.tried < enough || t.found*worthwhile >= t.tried }

// reset forgets the answer before: no two answers are of one selection.
func (s *sharing) reset() {
	s.numbering.reset()
	clear(s.tallies)
	s.known = s.known[:0]
}

// An object is looked for by its first bytes, up to the first closing brace: equal objects have equal ones. Of those that
// have, but for chance or malice one at most, mostCompared are compared.
const (
	firstBytes   = 64
	mostCompared = 4
)

// find returns the known object of a selection that has the text at pos, which starts with a brace, and the position
// after it; -1 and the hash to remember it by where there is none.
func (d *decoder) find(s *selection, pos int) (at uint32, end int, hash uint64) {
	known := &d.run.sharing
	first := d.body[pos:min(pos+firstBytes, len(d.body))]
	if n := bytes.IndexByte(first, '}'); n >= 0 {
		first = first[:n]
	}
	hash = known.mix(known.hash(first), uint64(s.shared))
	compared := 0
	for place := hash; compared < mostCompared; place++ {
		n := known.at(place)
		if n < 0 {
			break
		}
		if known.hashes[n] != hash {
			continue
		}
		compared++
		o := &known.known[n]
		size := int(o.end - o.start)
		if o.selection != s.shared || o.depth > d.depth || size > len(d.body)-pos {
			continue
		}
		if bytes.Equal(d.body[o.start:o.end], d.body[pos:pos+size]) {
			known.found = true
			return o.at, pos + size, hash
		}
	}
	return 0, -1, hash
}

// shared reads an object whose selection is for objects that may be shared.
func (d *decoder) shared(s *selection, pos int) (value, int) {
	t := &d.run.sharing.tallies[s.shared-1]
	if !t.isWorthwhile() {
		return d.object(s, pos)
	}
	t.tried++
	at, end, hash := d.find(s, pos)
	if end >= 0 {
		t.found++
		return value{kind: object, off: at}, end
	}
	v, end := d.object(s, pos)
	if end >= 0 {
		d.run.sharing.insert(hash)
		d.run.sharing.known = append(d.run.sharing.known, known{
			at: v.off, start: uint32(pos), end: uint32(end), selection: s.shared, depth: d.depth,
		})
	}
	return v, end
}

// written is where in the response an object stands in a shape.
type written struct {
	shape      *shape
	at         uint32
	start, end int
}

// sharedObject writes an object that may have been written before: then what was written is copied, unless there was an
// exception in it.
func (c *completer) sharedObject(s *shape, at uint32, typ uint16) bool {
	h := &c.arena[at]
	if n := int(h.off); n < len(c.written) {
		if w := &c.written[n]; w.at == at && w.shape == s {
			c.out = append(c.out, c.out[w.start:w.end]...)
			return true
		}
	}
	start, exceptions := len(c.out), c.exceptions
	if !c.object(s, at, typ) {
		return false
	}
	if c.exceptions == exceptions {
		h.off = uint32(len(c.written))
		c.written = append(c.written, written{shape: s, at: at, start: start, end: len(c.out)})
	}
	return true
}

// takeBack shortens the response to what it was at mark.
func (c *completer) takeBack(mark int) {
	c.out = c.out[:mark]
	for n := len(c.written); n > 0 && c.written[n-1].end > mark; n-- {
		c.written = c.written[:n-1]
	}
}
