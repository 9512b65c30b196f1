package relay

import (
	"encoding/base64"
	"encoding/json"

	"devportal.internal/internal/fault"
)

// CodeInvalidCursor is the code of the fault that something which is no cursor of the list causes.
const CodeInvalidCursor = "INVALID_CURSOR"

const maxCursorBytes = 4096

// EncodeCursor makes the cursor of an item, from the name of its list and the parts of its sort key.
func EncodeCursor(list string, key ...string) string {
	// Strings always encode.
	raw, _ := json.Marshal(append([]string{list}, key...))
	return base64.RawURLEncoding.EncodeToString(raw)
}

// DecodeCursor gives the sort key of the item that a cursor of the list stands for, which has so many parts.
func DecodeCursor(list string, parts int, cursor string) ([]string, error) {
	invalid := fault.Invalid("relay.DecodeCursor", "this is not a cursor of this list: leave it out to start from the front").
		WithCode(CodeInvalidCursor)
	if len(cursor) > maxCursorBytes {
		return nil, invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return nil, invalid
	}
	var key []string
	if json.Unmarshal(raw, &key) != nil || len(key) != parts+1 || key[0] != list {
		return nil, invalid
	}
	for _, part := range key {
		if !isPlainText(part) {
			return nil, invalid
		}
	}
	return key[1:], nil
}
