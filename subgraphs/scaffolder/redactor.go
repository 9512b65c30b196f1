package scaffolder

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Redacted stands where a secret was.
const Redacted = "***"

// Redactor takes secrets out of what is stored or shown: each text among them, as it is and in the encodings that it
// usually travels in. The zero value takes nothing out.
type Redactor struct {
	// written finds secrets of which single characters are escaped; encoded those that are encoded as a whole.
	written *regexp.Regexp
	encoded *strings.Replacer
}

// NewRedactor makes a redactor of every text and number within the secrets.
func NewRedactor(secrets map[string]any) *Redactor {
	texts, encodings := map[string]bool{}, map[string]bool{}
	eachText(secrets, func(text string) {
		addEncodings(encodings, text)
		for _, line := range strings.Split(text, "\n") {
			addPieces(texts, strings.TrimSpace(line))
		}
	})
	patterns := longestFirst(texts)
	for i, text := range patterns {
		patterns[i] = spelled(text)
	}
	redactor := &Redactor{}
	if len(patterns) > 0 {
		redactor.written = regexp.MustCompile("(?i)" + strings.Join(patterns, "|"))
		redactor.written.Longest()
	}
	var pairs []string
	for _, form := range longestFirst(encodings) {
		pairs = append(pairs, form, Redacted)
	}
	redactor.encoded = strings.NewReplacer(pairs...)
	return redactor
}

// longestFirst orders texts so that one comes before those that it may contain.
func longestFirst(texts map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(texts), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
}

// pieceRunes bounds what one pattern looks for: of a longer text, each piece is a secret of its own.
const pieceRunes = 256

func addPieces(texts map[string]bool, line string) {
	runes := []rune(line)
	for len(runes) > pieceRunes {
		texts[string(runes[:pieceRunes])] = true
		runes = runes[pieceRunes:]
	}
	if len(runes) > 0 {
		texts[string(runes)] = true
	}
}

// spelled is a pattern of the text in which each character that some encoding escapes (JSON, also within JSON; URLs; HTML)
// may be escaped.
func spelled(text string) string {
	var pattern strings.Builder
	for _, r := range text {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			pattern.WriteRune(r)
			continue
		}
		pattern.WriteString(`(?:\\*` + regexp.QuoteMeta(string(r)))
		pattern.WriteString(`|` + percent(r) + `|\\+u` + fmt.Sprintf("%04x", r) + fmt.Sprintf(`|&#(?:0*%d|x0*%x);?`, r, r))
		for _, other := range otherSpellings(r) {
			pattern.WriteString(`|` + other)
		}
		pattern.WriteString(`)`)
	}
	return pattern.String()
}

func percent(r rune) string {
	var escaped strings.Builder
	for _, b := range []byte(string(r)) {
		fmt.Fprintf(&escaped, "%%(?:25)*%02x", b)
	}
	return escaped.String()
}

// otherSpellings are patterns of what a character is written as where it has a name.
func otherSpellings(r rune) []string {
	switch r {
	case ' ':
		return []string{`\+`, `%(?:25)*2b`}
	case '&':
		return []string{`&amp;`}
	case '<':
		return []string{`&lt;`}
	case '>':
		return []string{`&gt;`}
	case '"':
		return []string{`&quot;`}
	case '\'':
		return []string{`&apos;`, `''`}
	case '\t':
		return []string{`\\+t`}
	case '\r':
		return []string{`\\+r`}
	case '\\':
		return []string{`\\+`}
	default:
		return nil
	}
}

func eachText(value any, visit func(string)) {
	switch value := value.(type) {
	case string:
		visit(value)
	case json.Number:
		visit(value.String())
	case []any:
		for _, item := range value {
			eachText(item, visit)
		}
	case map[string]any:
		for _, item := range value {
			eachText(item, visit)
		}
	}
}

// addEncodings adds what the secret is as a whole, in base64 and hexadecimal.
func addEncodings(forms map[string]bool, secret string) {
	if secret == "" {
		return
	}
	for _, text := range []string{secret, strings.TrimSpace(secret)} {
		lower := hex.EncodeToString([]byte(text))
		for _, form := range []string{
			lower, strings.ToUpper(lower), base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text)),
			base64.RawStdEncoding.EncodeToString([]byte(text)), base64.RawURLEncoding.EncodeToString([]byte(text)),
		} {
			if form != "" {
				forms[form] = true
			}
		}
		addShiftedBase64(forms, text)
	}
}

// addShiftedBase64 adds what the secret looks like in the middle of a longer text in base64: of each of the three ways
// that it can lie in there, the characters that the secret alone decides.
func addShiftedBase64(forms map[string]bool, secret string) {
	const shortest = 8 // fewer characters would hit innocent texts
	for shift := range 3 {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
		start, end := (shift*8+5)/6, (shift+len(secret))*8/6
		if end-start < shortest {
			continue
		}
		inner := encoded[start:end]
		forms[inner] = true
		forms[strings.NewReplacer("+", "-", "/", "_").Replace(inner)] = true
	}
}

// Text gives the text without secrets.
func (r *Redactor) Text(text string) string {
	if r == nil || r.encoded == nil {
		return text
	}
	if r.written != nil {
		text = r.written.ReplaceAllLiteralString(text, Redacted)
	}
	return r.encoded.Replace(text)
}

// Value gives a JSON value without secrets, in its keys too.
func (r *Redactor) Value(value any) any {
	switch value := value.(type) {
	case string:
		return r.Text(value)
	case json.Number:
		if text := r.Text(value.String()); text != value.String() {
			return text
		}
		return value
	case []any:
		clean := make([]any, len(value))
		for i, item := range value {
			clean[i] = r.Value(item)
		}
		return clean
	case map[string]any:
		clean := make(map[string]any, len(value))
		for key, item := range value {
			clean[r.Text(key)] = r.Value(item)
		}
		return clean
	default:
		return value
	}
}
