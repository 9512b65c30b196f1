package telemetry

import "regexp"

// Scrub removes what looks like a secret from free text: the password in a URL, values of parameters and headers whose
// name says that they are secret, bearer tokens, JSON Web Tokens and private keys. It is the last line of defence;
// the first is never to put a secret into text.
func Scrub(text string) string {
	for _, rule := range scrubRules {
		text = rule.pattern.ReplaceAllString(text, rule.replacement)
	}
	return text
}

const secretNames = `pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|` +
	`authorization|signature|sig|client[_-]?secret|assertion|session`

type scrubRule struct {
	pattern     *regexp.Regexp
	replacement string
}

var scrubRules = []scrubRule{
	{regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?`), Redacted},
	{regexp.MustCompile(`([a-zA-Z0-9+.-]*://)[^/?#\s"']*@`), "${1}" + Redacted + "@"},
	{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}`), "${1} " + Redacted},
	{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*`), Redacted},
	{regexp.MustCompile(`(?i)([a-z0-9_-]*(?:` + secretNames + `))(=|%3D)[^&\s"',;)}\]]+`), "${1}${2}" + Redacted},
	{regexp.MustCompile(`(?i)("[a-z0-9_-]*(?:` + secretNames + `)"\s*:\s*)"(?:[^"\\]|\\.)*"`), `${1}"` + Redacted + `"`},
}

// secretName takes long words at the end of any name (accessToken), short ones only as words of their own (db_pass).
var secretName = regexp.MustCompile(`(?i)(?:password|passphrase|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|` +
	`credentials?|authorization|cookies?)$|(?:^|[^a-z])(?:` + secretNames + `)$`)

// isSecretName reports whether the name of an attribute says that its value is secret.
func isSecretName(name string) bool { return secretName.MatchString(name) }
