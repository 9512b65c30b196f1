package telemetry

import (
	"regexp"
	"strings"
)

// Scrub removes what looks like a secret from free text: the password in a URL, values of parameters and headers whose
// name says that they are secret, bearer tokens, JSON Web Tokens and private keys. It is the last line of defence;
// the first is never to put a secret into text.
func Scrub(text string) string {
	// Every rule but that of tokens, which begin alike, needs one of these: most texts of a log have none.
	if !strings.ContainsAny(text, "=%\": \t\n") && !strings.Contains(text, tokenStart) {
		return text
	}
	lower := strings.ToLower(text)
	for _, rule := range scrubRules {
		if rule.mayFit(lower) {
			text = rule.pattern.ReplaceAllString(text, rule.replacement)
		}
	}
	return text
}

// secretNames are the ends of names that mean a secret: of parameters, headers, attributes and JSON keys.
const secretNames = `pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|` +
	`authorization|signature|sig|assertion|session`

const tokenStart = "eyJ"

// scrubRule replaces what a pattern finds. Needles, in lower case, are texts of which one must be there for the
// pattern to fit: looking for them is far cheaper.
type scrubRule struct {
	needles     []string
	pattern     *regexp.Regexp
	replacement string
}

func (r scrubRule) mayFit(lower string) bool {
	for _, needle := range r.needles {
		if strings.Contains(lower, needle) {
			return true
		}
	}
	return false
}

var scrubRules = []scrubRule{
	{
		[]string{"private key-----"},
		regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?`), Redacted,
	},
	{[]string{"://"}, regexp.MustCompile(`([a-zA-Z0-9+.-]*://)[^/?#\s"']*@`), "${1}" + Redacted + "@"},
	{
		[]string{"bearer", "basic"},
		regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}`), "${1} " + Redacted,
	},
	{
		[]string{strings.ToLower(tokenStart)},
		regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*`), Redacted,
	},
	{
		[]string{"=", "%3d"},
		regexp.MustCompile(`(?i)([a-z0-9_-]*(?:` + secretNames + `))(=|%3D)[^&\s"',;)}\]]+`), "${1}${2}" + Redacted,
	},
	{
		[]string{`"`},
		regexp.MustCompile(`(?i)("[a-z0-9_-]*(?:` + secretNames + `)"\s*:\s*)"(?:[^"\\]|\\.)*"`),
		`${1}"` + Redacted + `"`,
	},
}

// longNames mean a secret at the end of any name (accessToken), shortNames only as words of their own (db_pass).
var (
	longNames = []string{
		"password", "passphrase", "secret", "token", "apikey", "api_key", "api-key", "privatekey", "private_key",
		"private-key", "accesskey", "access_key", "access-key", "credential", "credentials", "authorization", "cookie",
		"cookies", "signature",
	}
	shortNames = []string{"pass", "passwd", "sig", "assertion", "session"}
)

// isSecretName reports whether the name of an attribute says that its value is secret.
func isSecretName(name string) bool {
	name = strings.ToLower(name)
	for _, end := range longNames {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	for _, end := range shortNames {
		rest, ok := strings.CutSuffix(name, end)
		if ok && (rest == "" || rest[len(rest)-1] < 'a' || rest[len(rest)-1] > 'z') {
			return true
		}
	}
	return false
}
