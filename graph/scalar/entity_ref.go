package scalar

import (
	"regexp"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"devportal.internal/internal/fault"
)

// CodeInvalidRef is the code of the fault that a malformed reference causes.
const CodeInvalidRef = "INVALID_ENTITY_REF"

// maxRefBytes is the longest reference that is looked at: three parts of 63 characters, and some air for names that
// owners may have (an e-mail address, words).
const maxRefBytes = 512

const defaultNamespace = "default"

var (
	refKind      = regexp.MustCompile(`^[a-z][a-z0-9]{0,62}$`)
	refNamespace = regexp.MustCompile(`^[a-z0-9]+(?:-+[a-z0-9]+)*$`)
)

// ParseEntityRef reads `kind:namespace/name` or `kind:name` and returns the canonical form.
func ParseEntityRef(text string) (string, error) {
	ref := strings.ToLower(strings.TrimSpace(text))
	if len(ref) > maxRefBytes {
		return "", invalidRef(text[:32] + "…")
	}
	kind, rest, found := strings.Cut(ref, ":")
	if !found || !refKind.MatchString(kind) {
		return "", invalidRef(text)
	}
	namespace, name, found := strings.Cut(rest, "/")
	if !found {
		namespace, name = defaultNamespace, rest
	}
	if len(namespace) > 63 || !refNamespace.MatchString(namespace) || !isRefName(name) {
		return "", invalidRef(text)
	}
	return kind + ":" + namespace + "/" + name, nil
}

// isRefName accepts every name that a reference in a catalog file may have, which is more than an entity's own name:
// owners may be called `Human Resources` or by an e-mail address.
func isRefName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "/:\x00\n\r\t")
}

func invalidRef(text string) error {
	return fault.Invalid("scalar.EntityRef", "%q is not an entity reference: write kind:namespace/name", text).
		WithCode(CodeInvalidRef)
}

// MarshalEntityRef writes a canonical reference.
func MarshalEntityRef(ref string) graphql.Marshaler { return graphql.MarshalString(ref) }

// UnmarshalEntityRef reads a reference into its canonical form.
func UnmarshalEntityRef(v any) (string, error) {
	text, ok := v.(string)
	if !ok {
		return "", fault.Invalid("scalar.EntityRef", "an entity reference is a string").WithCode(CodeInvalidRef)
	}
	return ParseEntityRef(text)
}
