package markdown

import (
	"bytes"

	"devportal.internal/internal/fault"
)

// maxMarkers bounds how many blocks one line can open.
const maxMarkers = 50

// maxDelimiters bounds what may open or close something in lines without a blank one between: each is compared with all
// that are open.
const maxDelimiters = 4_000

// checked refuses what costs more to parse than any page is worth, and gives the source as valid UTF-8 without NUL.
func checked(source []byte) ([]byte, error) {
	if len(source) > MaxBytes {
		return nil, fault.Invalid("markdown.Convert", "the page is larger than %d bytes", MaxBytes).WithCode(CodePageInvalid)
	}
	source = bytes.ReplaceAll(bytes.ToValidUTF8(source, []byte("\uFFFD")), []byte{0}, nil)
	source = bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n"))
	inParagraph := 0
	for line := range bytes.Lines(source) {
		if len(bytes.TrimSpace(line)) == 0 {
			inParagraph = 0
		}
		if inParagraph += delimitersIn(line); inParagraph > maxDelimiters {
			return nil, fault.Invalid("markdown.Convert", "a paragraph has more than %d brackets and marks", maxDelimiters).
				WithCode(CodePageInvalid)
		}
		if markers(line) > maxMarkers {
			return nil, fault.Invalid("markdown.Convert", "the page is nested more than %d levels deep", maxMarkers).
				WithCode(CodePageInvalid)
		}
	}
	return source, nil
}

// markers counts the markers of block quotes and list items that a line begins with.
func markers(line []byte) int {
	count := 0
	for i, b := range line {
		switch {
		case b == '>' || ((b == '-' || b == '*' || b == '+') && i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t')):
			count++
		case b == ' ' || b == '\t' || b == '.' || b == ')' || (b >= '0' && b <= '9'):
			if b == '.' || b == ')' {
				count++
			}
		default:
			return count
		}
	}
	return count
}

// delimitersIn counts brackets, and runs of the characters that mark text.
func delimitersIn(line []byte) int {
	count := 0
	var before byte
	for _, b := range line {
		switch b {
		case '[', '<':
			count++
		case '*', '_', '~', '^', '=':
			if b != before {
				count++
			}
		}
		before = b
	}
	return count
}
