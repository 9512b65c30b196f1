package docs

import (
	"strings"
	"unicode/utf8"

	"devportal.internal/internal/fault"
)

// MaxSearchText bounds what is searched for, in characters.
const MaxSearchText = 200

// CodeSearchTextInvalid is the code of the fault that a text which cannot be searched for makes.
const CodeSearchTextInvalid = "SEARCH_TEXT_INVALID"

// Hit is a page in which something was found.
type Hit struct {
	EntityID, Path string
	Title, Snippet string
	Score          float64
}

// SearchText gives a text as it is searched for.
func SearchText(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, " "), "\x00", " "))
	if length := utf8.RuneCountInString(text); length == 0 || length > MaxSearchText {
		return "", fault.Invalid("docs.SearchText", "the text must have between 1 and %d characters", MaxSearchText).
			WithCode(CodeSearchTextInvalid).At("text")
	}
	return text, nil
}
