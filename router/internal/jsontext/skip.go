package jsontext

import (
	"encoding/binary"
	"math/bits"
)

// Skip returns the position after the JSON value that starts at b[i], or -1 when there is none, or when it nests deeper
// than depth.
func Skip(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; c {
	case '"':
		return SkipString(b, i)
	case '{':
		return skipObject(b, i, depth)
	case '[':
		return skipList(b, i, depth)
	case 't':
		return SkipWord(b, i, "true")
	case 'f':
		return SkipWord(b, i, "false")
	case 'n':
		return SkipWord(b, i, "null")
	default:
		return SkipNumber(b, i)
	}
}

// SkipSpace returns the position of the first byte from i on that is no white space.
func SkipSpace(b []byte, i int) int {
	if i < len(b) && b[i] > ' ' {
		return i // inlined, unlike the loop
	}
	return skipSpaces(b, i)
}

func skipSpaces(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// SkipWord returns the position after word at b[i], or -1.
func SkipWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

func skipObject(b []byte, i, depth int) int {
	if depth <= 0 {
		return -1
	}
	i = SkipSpace(b, i+1)
	if i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i = SkipKey(b, i); i < 0 {
			return -1
		}
		if i = Skip(b, i, depth-1); i < 0 {
			return -1
		}
		i = SkipSpace(b, i)
		if i >= len(b) {
			return -1
		}
		switch b[i] {
		case '}':
			return i + 1
		case ',':
			i = SkipSpace(b, i+1)
		default:
			return -1
		}
	}
}

func skipList(b []byte, i, depth int) int {
	if depth <= 0 {
		return -1
	}
	i = SkipSpace(b, i+1)
	if i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = Skip(b, i, depth-1); i < 0 {
			return -1
		}
		i = SkipSpace(b, i)
		if i >= len(b) {
			return -1
		}
		switch b[i] {
		case ']':
			return i + 1
		case ',':
			i = SkipSpace(b, i+1)
		default:
			return -1
		}
	}
}

// SkipKey returns the position of the value that follows the key and the colon at b[i], or -1.
func SkipKey(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return -1
	}
	if i = SkipString(b, i); i < 0 {
		return -1
	}
	return SkipColon(b, i)
}

// SkipColon returns the position of the value after the colon, white space around it included, or -1.
func SkipColon(b []byte, i int) int {
	if i < len(b) && b[i] != ':' {
		i = SkipSpace(b, i)
	}
	if i >= len(b) || b[i] != ':' {
		return -1
	}
	if i++; i < len(b) && b[i] <= ' ' {
		i = SkipSpace(b, i)
	}
	return i
}

// SkipString returns the position after the string whose opening quote is b[i], or -1. It reads eight bytes at a time.
func SkipString(b []byte, i int) int {
	i++
	for {
		for i+8 <= len(b) {
			found := special(binary.LittleEndian.Uint64(b[i:]))
			if found != 0 {
				i += bits.TrailingZeros64(found) >> 3
				break
			}
			i += 8
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		if i >= len(b) {
			return -1
		}
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(b, i); i < 0 {
				return -1
			}
		default:
			return -1
		}
	}
}

const (
	everyByte   = 0x0101010101010101
	everyTop    = 0x8080808080808080
	everyQuote  = everyByte * '"'
	everySlash  = everyByte * '\\'
	everyBottom = everyByte * ' '
)

// special has the top bit of a byte set where w has a quote, a backslash or a control character. Bits above the lowest
// may be set wrongly; the lowest is right.
func special(w uint64) uint64 {
	q := w ^ everyQuote
	s := w ^ everySlash
	return ((q-everyByte)&^q | (s-everyByte)&^s | (w-everyBottom)&^w) & everyTop
}

func skipEscape(b []byte, i int) int {
	if i+1 >= len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(b) {
			return -1
		}
		for _, c := range b[i+2 : i+6] {
			if !isHex(c) {
				return -1
			}
		}
		return i + 6
	default:
		return -1
	}
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// SkipNumber returns the position after the number at b[i], or -1.
func SkipNumber(b []byte, i int) int {
	end, whole := SkipInteger(b, i)
	if whole || end < 0 {
		return end
	}
	return skipFraction(b, end)
}

// SkipInteger returns the position after the integer part of the number at b[i], or -1, and whether that is all of it.
func SkipInteger(b []byte, i int) (end int, whole bool) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i >= len(b) {
		return -1, false
	}
	if b[i] == '0' {
		i++
	} else if i = skipDigits(b, i); i < 0 {
		return -1, false
	}
	return i, i >= len(b) || b[i] != '.' && b[i] != 'e' && b[i] != 'E'
}

func skipFraction(b []byte, i int) int {
	if b[i] == '.' {
		if i = skipDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return skipDigits(b, i)
	}
	return i
}

func skipDigits(b []byte, i int) int {
	start := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}
