package scaffolder

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

// Redacted stands where a secret was.
const Redacted = "***"

// Redactor takes secrets out of what is stored or shown: each text among them, as it is and in the encodings that it
// usually travels in. The zero value takes nothing out.
type Redactor struct{ replacer *strings.Replacer }

// NewRedactor makes a redactor of every text and number within the secrets.
func NewRedactor(secrets map[string]any) *Redactor {
	forms := map[string]bool{}
	eachText(secrets, func(text string) {
		for _, part := range append(strings.Split(text, "\n"), text) {
			addForms(forms, strings.TrimSpace(part))
		}
	})
	delete(forms, "")
	ordered := make([]string, 0, len(forms))
	for form := range forms {
		ordered = append(ordered, form)
	}
	// The longest first: a secret may contain another.
	slices.SortFunc(ordered, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(ordered))
	for _, form := range ordered {
		pairs = append(pairs, form, Redacted)
	}
	return &Redactor{strings.NewReplacer(pairs...)}
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

func addForms(forms map[string]bool, secret string) {
	if secret == "" {
		return
	}
	quoted, _ := json.Marshal(secret)
	for _, form := range []string{
		secret, strings.Trim(string(quoted), `"`), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret),
		strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"), hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)),
	} {
		forms[form] = true
	}
	addShiftedBase64(forms, secret)
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
	if r == nil || r.replacer == nil {
		return text
	}
	return r.replacer.Replace(text)
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
