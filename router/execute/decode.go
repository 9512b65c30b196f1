package execute

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"devportal.internal/router/execute/internal/jsontext"
)

// decoder reads one body into the arena of a run. It keeps what selections ask for and skips the rest, validating both.
type decoder struct {
	run   *run
	arena arena // the run's, while the decoder works
	body  []byte
	src   uint16
	pos   int
	depth int // levels that may still be opened
}

// answer is a decoded body: `data` as a fresh object, null or absent, and the text of `errors`.
type answer struct {
	data   value
	errors []byte
}

var errNotUTF8 = errors.New("the body is not valid UTF-8")

// answer decodes the whole body. What it made stays unreachable in the arena when it returns an error.
func (d *decoder) answer(s *selection) (answer, error) {
	if !utf8.Valid(d.body) {
		return answer{}, errNotUTF8
	}
	var a answer
	ok := d.members(func(key []byte) bool { return d.answerMember(&a, s, key) })
	if ok {
		d.space()
		ok = d.pos == len(d.body)
	}
	if !ok {
		return answer{}, fmt.Errorf("the body is not a valid JSON object, or nests too deep, near byte %d", d.pos)
	}
	return a, nil
}

func (d *decoder) answerMember(a *answer, s *selection, key []byte) (ok bool) {
	switch string(key) {
	case `"data"`:
		a.data, ok = d.composite(s)
		return ok
	case `"errors"`:
		start := d.pos
		ok = d.skip()
		a.errors = d.body[start:d.pos]
		return ok
	default:
		return d.skip()
	}
}

// members reads an object and calls member at each value; key has its quotes.
func (d *decoder) members(member func(key []byte) bool) bool {
	d.space()
	if d.peek() != '{' {
		return false
	}
	d.pos++
	d.space()
	if d.peek() == '}' {
		d.pos++
		return true
	}
	for {
		start := d.pos
		if d.peek() != '"' || !d.to(jsontext.SkipString(d.body, d.pos)) {
			return false
		}
		key := d.body[start:d.pos]
		if !d.to(jsontext.SkipColon(d.body, d.pos)) || !member(key) {
			return false
		}
		if done, ok := d.next('}'); done || !ok {
			return ok
		}
	}
}

// object reads an object into a fresh one.
func (d *decoder) object(s *selection) (value, bool) {
	if d.depth == 0 {
		return value{}, false
	}
	d.depth--
	at := d.arena.object(s.size, s.typ)
	d.pos++
	d.spaceBefore()
	if d.peek() == '}' {
		d.pos++
		d.depth++
		return value{kind: object, off: at}, true
	}
	for expected := 0; ; expected++ {
		var ok bool
		if expected >= len(s.keys) || !d.expectedText(&s.keys[expected], at) {
			if expected, ok = d.member(s, at, expected); !ok {
				return value{}, false
			}
		}
		done, ok := d.next('}')
		if !ok {
			return value{}, false
		}
		if done {
			d.depth++
			return value{kind: object, off: at}, true
		}
	}
}

// expectedText reads a member that has the expected key, a string as value and no white space, as most are. It says no
// to all others, and reads nothing of them.
func (d *decoder) expectedText(key *selectionKey, at uint32) bool {
	start := d.pos + len(key.colon)
	if key.sub != nil || start >= len(d.body) || d.body[start] != '"' || string(d.body[d.pos:start]) != key.colon {
		return false
	}
	end := jsontext.SkipString(d.body, start)
	if end < 0 || key.typename {
		return false
	}
	d.arena[at+uint32(key.slot)] = value{kind: text, src: d.src, off: uint32(start), n: uint32(end - start)}
	d.pos = end
	return true
}

// member reads one member, which is probably the expected one, and returns which it was; an unknown one is skipped.
func (d *decoder) member(s *selection, at uint32, expected int) (int, bool) {
	i := d.key(s, expected)
	if i < 0 {
		return expected - 1, d.to(jsontext.SkipKey(d.body, d.pos)) && d.skip()
	}
	if !d.to(jsontext.SkipColon(d.body, d.pos)) {
		return i, false
	}
	key := &s.keys[i]
	if key.typename {
		return i, d.typename(at)
	}
	var v value
	var ok bool
	if key.sub == nil {
		v, ok = d.leaf()
	} else {
		v, ok = d.composite(key.sub)
	}
	if !ok {
		return i, false
	}
	d.arena[at+uint32(key.slot)] = v
	return i, true
}

// key finds which key stands at the position, trying the expected one first and the others in turn, and moves behind
// it. It returns -1 for an unknown key, and stays before it.
func (d *decoder) key(s *selection, expected int) int {
	rest := d.body[d.pos:]
	n := len(s.keys)
	for tried := range n {
		i := expected + tried
		if i >= n {
			i -= n
		}
		quoted := s.keys[i].quoted
		if len(rest) >= len(quoted) && string(rest[:len(quoted)]) == quoted {
			d.pos += len(quoted)
			return i
		}
	}
	return d.escapedKey(s)
}

// escapedKey is key for names that are written with escapes.
func (d *decoder) escapedKey(s *selection) int {
	end := jsontext.SkipString(d.body, d.pos)
	if d.peek() != '"' || end < 0 {
		return -1
	}
	name, escaped := jsontext.Unescape(d.body[d.pos+1 : end-1])
	if !escaped {
		return -1
	}
	i := s.index(name)
	if i >= 0 {
		d.pos = end
	}
	return i
}

// composite reads an object, a list of such, or null; anything else is kept for completion to refuse.
func (d *decoder) composite(s *selection) (value, bool) {
	switch d.peek() {
	case '{':
		return d.object(s)
	case '[':
		return d.list(s)
	default:
		return d.leaf()
	}
}

func (d *decoder) list(s *selection) (value, bool) {
	if d.depth == 0 {
		return value{}, false
	}
	d.depth--
	d.pos++
	d.spaceBefore()
	base := len(d.run.stack)
	if d.peek() == ']' {
		d.pos++
		d.depth++
		return value{kind: list}, true
	}
	for {
		v, ok := d.composite(s)
		if !ok {
			return value{}, false
		}
		d.run.stack = append(d.run.stack, v)
		done, ok := d.next(']')
		if !ok {
			return value{}, false
		}
		if done {
			d.depth++
			v = d.arena.list(d.run.stack[base:])
			d.run.stack = d.run.stack[:base]
			return v, true
		}
	}
}

func (d *decoder) leaf() (value, bool) {
	start := d.pos
	v := value{src: d.src, off: uint32(start)}
	end := -1
	switch d.peek() {
	case '"':
		v.kind, end = text, jsontext.SkipString(d.body, start)
	case 't':
		v.kind, end = boolean, jsontext.SkipWord(d.body, start, "true")
	case 'f':
		v.kind, end = boolean, jsontext.SkipWord(d.body, start, "false")
	case 'n':
		v.kind, end = null, jsontext.SkipWord(d.body, start, "null")
	case '{', '[':
		v.kind, end = raw, jsontext.Skip(d.body, start, d.depth)
	default:
		v.kind, end = numberAt(d.body, start)
	}
	v.n = uint32(end - start)
	return v, d.to(end)
}

// maxSmall is the length of integers that surely have 32 bits, with a sign.
const maxSmall = 9

func numberAt(body []byte, start int) (kind, int) {
	end, whole := jsontext.SkipInteger(body, start)
	switch {
	case !whole:
		return number, jsontext.SkipNumber(body, start)
	case end-start > maxSmall:
		return number, end
	default:
		return integer, end
	}
}

// typename reads the runtime type of the object at at.
func (d *decoder) typename(at uint32) bool {
	v, ok := d.leaf()
	if !ok || v.kind != text {
		return ok
	}
	id := d.run.typeID(d.body[v.off+1 : v.off+v.n-1])
	h := &d.arena[at]
	if d.run.p.types.known(id) || !d.run.p.types.known(h.src) {
		h.src = id
	}
	return true
}

// next moves over the comma to the next member or element, or over the closing bracket.
func (d *decoder) next(closing byte) (done, ok bool) {
	d.spaceBefore()
	switch d.peek() {
	case ',':
		d.pos++
		d.spaceBefore()
		return false, true
	case closing:
		d.pos++
		return true, true
	default:
		return false, false
	}
}

// peek returns the byte at the position, 0 at the end.
func (d *decoder) peek() byte {
	if d.pos < len(d.body) {
		return d.body[d.pos]
	}
	return 0
}

func (d *decoder) skip() bool { return d.to(jsontext.Skip(d.body, d.pos, d.depth)) }

func (d *decoder) space() { d.pos = jsontext.SkipSpace(d.body, d.pos) }

// spaceBefore is space, for places where there is seldom any.
func (d *decoder) spaceBefore() {
	if d.pos < len(d.body) && d.body[d.pos] <= ' ' {
		d.space()
	}
}

func (d *decoder) to(pos int) bool {
	if pos < 0 {
		return false
	}
	d.pos = pos
	return true
}
