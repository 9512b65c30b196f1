package execute

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"devportal.internal/router/internal/jsontext"
	"devportal.internal/router/plan"
)

// leaf writes a leaf value as it came, if it is one of its type (GraphQL specification, section 3.5, Result Coercion).
func (c *completer) leaf(f *field, t *typeShape, v value) bool {
	switch t.leaf {
	case plan.IntLeaf:
		return c.integer(f, v)
	case plan.FloatLeaf:
		return c.copied(f, t, v, v.kind == integer || v.kind == number)
	case plan.StringLeaf:
		return c.copied(f, t, v, v.kind == text)
	case plan.BooleanLeaf:
		return c.copied(f, t, v, v.kind == boolean)
	case plan.IDLeaf:
		return c.id(f, t, v)
	case plan.EnumLeaf:
		return c.copied(f, t, v, v.kind == text && c.isEnumValue(t, v))
	default:
		return c.copied(f, t, v, v.isLeaf())
	}
}

func (c *completer) copied(f *field, t *typeShape, v value, valid bool) bool {
	if !valid {
		return c.invalid(CodeInvalidResult, "The value of field "+f.coordinate+" is not of type "+t.name+".")
	}
	c.out = c.run.appendLeaf(c.out, v)
	return true
}

func (c *completer) isEnumValue(t *typeShape, v value) bool {
	name := c.bodies[v.src][v.off+1 : v.off+v.n-1]
	for _, value := range t.enum {
		if value == string(name) {
			return true
		}
	}
	unescaped, escaped := jsontext.Unescape(name)
	return escaped && slices.Contains(t.enum, unescaped)
}

// id writes a string, or a whole number as a string.
func (c *completer) id(f *field, t *typeShape, v value) bool {
	if v.kind != integer && v.kind != number {
		return c.copied(f, t, v, v.kind == text)
	}
	digits := c.bodies[v.src][v.off : v.off+v.n]
	if bytes.ContainsAny(digits, ".eE") {
		return c.copied(f, t, v, false)
	}
	c.out = append(append(append(c.out, '"'), digits...), '"')
	return true
}

// integer writes a whole number between -2^31 and 2^31-1. One that is written with a fraction or an exponent, such as
// 1.0, is written in digits.
func (c *completer) integer(f *field, v value) bool {
	if v.kind == integer || v.kind == number {
		digits := c.bodies[v.src][v.off : v.off+v.n]
		if isInt32(digits) {
			c.out = append(c.out, digits...)
			return true
		}
		if n, ok := wholeNumber(digits); ok {
			c.out = strconv.AppendInt(c.out, n, 10)
			return true
		}
	}
	return c.invalid(CodeInvalidResult, "The value of field "+f.coordinate+" is not a 32-bit integer.")
}

// isInt32 says that a JSON number is written as a whole number of 32 bits.
func isInt32(digits []byte) bool {
	_, err := strconv.ParseInt(string(digits), 10, 32)
	return err == nil
}

// longestInt is more than any text of a 32-bit integer that anybody writes.
const longestInt = 40

func wholeNumber(digits []byte) (int64, bool) {
	if len(digits) > longestInt || !bytes.ContainsAny(digits, ".eE") {
		return 0, false
	}
	x, err := strconv.ParseFloat(string(digits), 64)
	if err != nil || x < math.MinInt32 || x > math.MaxInt32 || x != math.Trunc(x) {
		return 0, false
	}
	return int64(x), true
}

// listOfLeaves writes a list of leaves, at any depth, from its text.
func (c *completer) listOfLeaves(f *field, t *typeShape, v value) bool {
	body := c.bodies[v.src]
	if body[v.off] != '[' {
		return c.invalid(CodeInvalidResult, "Expected a list for field "+f.coordinate+".")
	}
	c.out = append(c.out, '[')
	c.path = append(c.path, PathElement{IsIndex: true})
	top := len(c.path) - 1
	pos := jsontext.SkipSpace(body, int(v.off)+1)
	for body[pos] != ']' {
		end := jsontext.Skip(body, pos, c.run.p.options.MaxDepth)
		if !c.value(f, t.elem, leafAt(body, pos, end, v.src)) {
			c.path = c.path[:top]
			return false
		}
		c.path[top].Index++
		if pos = jsontext.SkipSpace(body, end); body[pos] == ',' {
			c.out = append(c.out, ',')
			pos = jsontext.SkipSpace(body, pos+1)
		}
	}
	c.path = c.path[:top]
	c.out = append(c.out, ']')
	return true
}

// leafAt makes a value of the valid JSON in body from start to end.
func leafAt(body []byte, start, end int, src uint16) value {
	v := value{src: src, off: uint32(start), n: uint32(end - start)}
	switch body[start] {
	case '"':
		v.kind = text
	case 't', 'f':
		v.kind = boolean
	case 'n':
		v.kind = null
	case '[', '{':
		v.kind = raw
	default:
		v.kind, _ = numberAt(body, start)
	}
	return v
}
