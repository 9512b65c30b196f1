package execute

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"devportal.internal/router/internal/jsontext"
)

// decoder reads one body into the arena of a run. It keeps what selections ask for and skips the rest, validating both.
// Its functions take the position that they start from and return the one after what they read, -1 when that is not
// valid JSON: a position in a field would be stored and loaded between all of them.
type decoder struct {
	run   *run
	arena arena // the run's, while the decoder works
	stack []value
	body  []byte
	src   uint16
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
	d.run.sharing.reset()
	var a answer
	pos := d.answerMembers(&a, s, jsontext.SkipSpace(d.body, 0))
	if pos < 0 || jsontext.SkipSpace(d.body, pos) != len(d.body) {
		return answer{}, errNotJSON
	}
	return a, nil
}

var errNotJSON = errors.New("the body is not one valid JSON object, or nests too deep")

func (d *decoder) answerMembers(a *answer, s *selection, pos int) int {
	if d.at(pos) != '{' {
		return -1
	}
	if pos = jsontext.SkipSpace(d.body, pos+1); d.at(pos) == '}' {
		return pos + 1
	}
	for done := false; !done && pos >= 0; pos, done = d.next(pos, '}') {
		start := pos
		if pos = jsontext.SkipKey(d.body, pos); pos < 0 {
			return -1
		}
		key, _, _ := bytes.Cut(d.body[start+1:pos], []byte{'"'})
		if pos = d.answerMember(a, s, string(key), pos); pos < 0 {
			return -1
		}
	}
	return pos
}

func (d *decoder) answerMember(a *answer, s *selection, key string, pos int) (end int) {
	switch key {
	case "data":
		a.data, end = d.composite(s, pos)
	case "errors":
		if end = d.skip(pos); end >= 0 {
			a.errors = d.body[pos:end]
		}
	default:
		end = d.skip(pos)
	}
	return end
}

// object reads an object into a fresh one.
func (d *decoder) object(s *selection, pos int) (value, int) {
	if d.depth == 0 {
		return value{}, -1
	}
	d.depth--
	v := value{kind: object, off: d.arena.object(s.size, s.typ)}
	body := d.body
	if pos = jsontext.SkipSpace(body, pos+1); pos < len(body) && body[pos] == '}' {
		d.depth++
		return v, pos + 1
	}
	for expected := 0; ; expected++ {
		i, end := d.key(s, expected, pos)
		if i < 0 {
			pos = d.skipMember(pos)
			expected--
		} else {
			pos = d.member(&s.keys[i], v.off, end)
			expected = i
		}
		if pos < 0 {
			return v, -1
		}
		if pos+1 < len(body) && body[pos] == ',' && body[pos+1] == '"' {
			pos++
			continue
		}
		var done bool
		if pos, done = d.next(pos, '}'); done {
			d.depth++
			return v, pos
		}
	}
}

// key finds which key stands at the position, trying the expected one first, and the value after it; -1 for an unknown
// key.
func (d *decoder) key(s *selection, expected, pos int) (i, end int) {
	if expected < len(s.keys) {
		colon := s.keys[expected].colon
		if end = pos + len(colon); end <= len(d.body) && string(d.body[pos:end]) == colon {
			return expected, jsontext.SkipSpace(d.body, end)
		}
	}
	return d.otherKey(s, expected, pos)
}

// otherKey tries all keys in turn, from the expected one on.
func (d *decoder) otherKey(s *selection, expected, pos int) (i, end int) {
	if pos < 0 || pos >= len(d.body) {
		return -1, -1
	}
	rest := d.body[pos:]
	for tried := range s.keys {
		i = (expected + tried) % len(s.keys)
		quoted := s.keys[i].quoted
		if len(rest) >= len(quoted) && string(rest[:len(quoted)]) == quoted {
			return i, jsontext.SkipColon(d.body, pos+len(quoted))
		}
	}
	return d.escapedKey(s, pos)
}

// escapedKey is for names that are written with escapes.
func (d *decoder) escapedKey(s *selection, pos int) (i, end int) {
	if d.at(pos) != '"' {
		return -1, -1
	}
	end = jsontext.SkipString(d.body, pos)
	if end < 0 {
		return -1, -1
	}
	name, escaped := jsontext.Unescape(d.body[pos+1 : end-1])
	if !escaped {
		return -1, -1
	}
	if i = s.index(name); i < 0 {
		return -1, -1
	}
	return i, jsontext.SkipColon(d.body, end)
}

func (d *decoder) skipMember(pos int) int {
	if pos = jsontext.SkipKey(d.body, pos); pos < 0 {
		return -1
	}
	return d.skip(pos)
}

// member reads the value of a key into the object at at.
func (d *decoder) member(key *selectionKey, at uint32, pos int) int {
	if pos < 0 || pos >= len(d.body) {
		return -1
	}
	if key.typename {
		return d.typename(at, pos)
	}
	var v value
	switch {
	case key.sub != nil:
		v, pos = d.composite(key.sub, pos)
	case d.body[pos] == '"':
		end := jsontext.SkipString(d.body, pos)
		v, pos = value{kind: text, src: d.src, off: uint32(pos), n: uint32(end - pos)}, end
	default:
		v, pos = d.leaf(pos)
	}
	d.arena[at+uint32(key.slot)] = v
	return pos
}

// composite reads an object, a list of such, or null; anything else is kept for completion to refuse.
func (d *decoder) composite(s *selection, pos int) (value, int) {
	switch d.at(pos) {
	case '{':
		if s.shared > 0 {
			return d.shared(s, pos)
		}
		return d.object(s, pos)
	case '[':
		return d.list(s, pos)
	default:
		return d.leaf(pos)
	}
}

func (d *decoder) list(s *selection, pos int) (v value, end int) {
	if d.depth == 0 {
		return v, -1
	}
	d.depth--
	base := len(d.stack)
	if pos = jsontext.SkipSpace(d.body, pos+1); d.at(pos) == ']' {
		d.depth++
		return value{kind: list}, pos + 1
	}
	for done := false; !done; pos, done = d.next(pos, ']') {
		if v, pos = d.composite(s, pos); pos < 0 {
			return v, -1
		}
		d.stack = append(d.stack, v)
	}
	if pos < 0 {
		return v, -1
	}
	d.depth++
	v = d.arena.list(d.stack[base:])
	d.stack = d.stack[:base]
	return v, pos
}

func (d *decoder) leaf(pos int) (value, int) {
	v := value{src: d.src, off: uint32(pos)}
	var end int
	switch d.at(pos) {
	case '"':
		v.kind, end = text, jsontext.SkipString(d.body, pos)
	case 't':
		v.kind, end = boolean, jsontext.SkipWord(d.body, pos, "true")
	case 'f':
		v.kind, end = boolean, jsontext.SkipWord(d.body, pos, "false")
	case 'n':
		v.kind, end = null, jsontext.SkipWord(d.body, pos, "null")
	case '{', '[':
		v.kind, end = raw, d.skip(pos)
	default:
		v.kind, end = numberAt(d.body, pos)
	}
	v.n = uint32(end - pos)
	return v, end
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
func (d *decoder) typename(at uint32, pos int) int {
	v, end := d.leaf(pos)
	if end < 0 || v.kind != text {
		return end
	}
	id := d.run.typeID(d.body[v.off+1 : v.off+v.n-1])
	h := &d.arena[at]
	if d.run.p.types.known(id) || !d.run.p.types.known(h.src) {
		h.src = id
	}
	return end
}

// next moves over the comma to the next member or element, or over the closing bracket, and says whether it was that.
// Done and -1 mean that it was neither.
func (d *decoder) next(pos int, closing byte) (after int, done bool) {
	if pos < 0 {
		return -1, true
	}
	pos = jsontext.SkipSpace(d.body, pos)
	switch d.at(pos) {
	case ',':
		return jsontext.SkipSpace(d.body, pos+1), false
	case closing:
		return pos + 1, true
	default:
		return -1, true
	}
}

// at returns the byte at a position, 0 at the end.
func (d *decoder) at(pos int) byte {
	if uint(pos) < uint(len(d.body)) {
		return d.body[pos]
	}
	return 0
}

func (d *decoder) skip(pos int) int { return jsontext.Skip(d.body, pos, d.depth) }
