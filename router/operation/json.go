package operation

import (
	"encoding/json"
	"iter"
)

// cursor reads one JSON value that is known to be valid.
type cursor struct {
	raw []byte
}

// member is one member of an object.
type member struct {
	name  string
	value []byte
}

func (c cursor) members() iter.Seq[member] {
	return func(yield func(member) bool) {
		at := space(c.raw, 1)
		for c.raw[at] != '}' {
			end := skip(c.raw, at)
			name := unquote(c.raw[at:end])
			at = space(c.raw, end)
			at = space(c.raw, at+1)
			end = skip(c.raw, at)
			if !yield(member{name, c.raw[at:end]}) {
				return
			}
			at = next(c.raw, end)
		}
	}
}

func (c cursor) items() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at := space(c.raw, 1)
		for c.raw[at] != ']' {
			end := skip(c.raw, at)
			if !yield(c.raw[at:end]) {
				return
			}
			at = next(c.raw, end)
		}
	}
}

// next steps over a comma if there is one.
func next(raw []byte, at int) int {
	at = space(raw, at)
	if raw[at] == ',' {
		at = space(raw, at+1)
	}
	return at
}

func space(raw []byte, at int) int {
	for raw[at] == ' ' || raw[at] == '\t' || raw[at] == '\n' || raw[at] == '\r' {
		at++
	}
	return at
}

// skip is the end of the value that starts at a place.
func skip(raw []byte, at int) int {
	switch raw[at] {
	case '"':
		for at++; raw[at] != '"'; at++ {
			if raw[at] == '\\' {
				at++
			}
		}
		return at + 1
	case '{', '[':
		return skipNested(raw, at)
	}
	for at < len(raw) && raw[at] != ',' && raw[at] != '}' && raw[at] != ']' && raw[at] > ' ' {
		at++
	}
	return at
}

func skipNested(raw []byte, at int) int {
	depth := 0
	for {
		switch raw[at] {
		case '"':
			at = skip(raw, at)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
		at++
	}
}

// jsonDepth is the deepest nesting of brackets outside strings; the text need not be valid.
func jsonDepth(raw []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch {
		case quoted && raw[i] == '\\':
			i++
		case raw[i] == '"':
			quoted = !quoted
		case quoted:
		case raw[i] == '{' || raw[i] == '[':
			depth++
			deepest = max(deepest, depth)
		case raw[i] == '}' || raw[i] == ']':
			depth--
		}
	}
	return deepest
}

func unquote(raw []byte) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

func quoteJSON(out []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		return append(out, `""`...)
	}
	return append(out, quoted...)
}
