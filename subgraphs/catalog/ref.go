package catalog

import (
	"strings"

	"devportal.internal/internal/fault"
)

// DefaultNamespace is the namespace of an entity that names none.
const DefaultNamespace = "default"

// CodeInvalidRef is the code of the fault that a malformed reference causes.
const CodeInvalidRef = "INVALID_ENTITY_REF"

// maxRefBytes bounds a reference in a file.
const maxRefBytes = 512

// Ref names an entity. Its parts are in lower case.
type Ref struct {
	Kind, Namespace, Name string
}

// String is `kind:namespace/name`.
func (r Ref) String() string { return r.Kind + ":" + r.Namespace + "/" + r.Name }

// NewRef makes a reference from parts as they are written.
func NewRef(kind, namespace, name string) Ref {
	return Ref{Kind: strings.ToLower(kind), Namespace: strings.ToLower(namespace), Name: strings.ToLower(name)}
}

// ParseRef reads `[kind:][namespace/]name` as it occurs in a file. The defaults stand for the parts that it leaves out;
// no default kind means that the reference must name one. A name may hold more than an entity's own name may: an owner
// can be called `Human Resources`, or by an e-mail address.
func ParseRef(text, defaultKind, defaultNamespace string) (Ref, error) {
	rest := strings.TrimSpace(text)
	kind, namespace := defaultKind, defaultNamespace
	if before, after, found := strings.Cut(rest, ":"); found {
		kind, rest = before, after
		if kind == "" {
			return Ref{}, invalidRef(text)
		}
	}
	if before, after, found := strings.Cut(rest, "/"); found {
		namespace, rest = before, after
	}
	if namespace == "" {
		namespace = DefaultNamespace
	}
	if len(text) > maxRefBytes || rest == "" || strings.ContainsAny(rest, ":/\x00\n\r") || strings.ContainsAny(kind, "/\x00") ||
		strings.ContainsAny(namespace, ":\x00") {
		return Ref{}, invalidRef(text)
	}
	if kind == "" {
		return Ref{}, fault.Invalid("catalog.ParseRef", "the reference %q names no kind, and none is implied here: write kind:%s",
			shorten(text), shorten(text)).WithCode(CodeInvalidRef)
	}
	return NewRef(kind, namespace, rest), nil
}

func invalidRef(text string) error {
	return fault.Invalid("catalog.ParseRef", "%q is not an entity reference: write [kind:][namespace/]name", shorten(text)).
		WithCode(CodeInvalidRef)
}

// shorten keeps a text that came from a file from filling a message.
func shorten(text string) string {
	const most = 100
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
