package jsontext

import (
	"bytes"
	"encoding/json"
)

// Unescape returns the string that text, valid JSON between two quotes, stands for, and whether it had escapes.
func Unescape(text []byte) (s string, escaped bool) {
	if bytes.IndexByte(text, '\\') < 0 {
		return string(text), false
	}
	quoted := make([]byte, 0, len(text)+2)
	quoted = append(append(append(quoted, '"'), text...), '"')
	if err := json.Unmarshal(quoted, &s); err != nil {
		return string(text), false
	}
	return s, true
}
