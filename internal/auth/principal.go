package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"devportal.internal/internal/fault"
)

// Erased stands in the place of people who were forgotten, where somebody must stand.
const Erased = "service:default/erased"

// Principal is who is asking. Make one with [NewPrincipal]; treat it as immutable.
type Principal struct {
	// Subject is the ref of the user or service, for example "user:default/alice".
	Subject string
	// Groups are the refs of the groups that the subject belongs to, sorted.
	Groups []string
	// Roles are the refs of the roles that the credential itself carries, sorted. Bindings add more: see package authz.
	Roles []string
	// Attributes are further facts that policies may ask for, such as a department.
	Attributes map[string]string
	// Address is the IP address that the request came from, as far as it is known: policies and the audit log ask for it.
	Address string
	// Scopes bound what the credential may be used for: patterns of permissions, sorted. None means no bound.
	Scopes []string
	// Session is the id of the session that the credential belongs to, or empty. It is no secret.
	Session string
	// Ambient says that a browser may have sent the credential unasked: a cookie, or being on this machine. Requests of
	// other sites are refused to such a caller. It says nothing of rights and is not part of the key.
	Ambient bool
	// Expiry is when the credential ends; zero for never.
	Expiry time.Time
	// ID names the credential in the audit log: never a secret.
	ID string

	key string
}

// NewPrincipal brings refs into their form, sorts them, and computes the principal's key. Roles may be short names.
func NewPrincipal(p Principal) Principal {
	p.Subject = strings.ToLower(p.Subject)
	p.Groups = normalised(p.Groups, strings.ToLower)
	p.Roles = normalised(p.Roles, RoleRef)
	p.Scopes = normalised(p.Scopes, strings.ToLower)
	p.Attributes = maps.Clone(p.Attributes)
	p.key = p.computeKey()
	return p
}

// RoleRef gives the ref of a role: "admin" is "role:default/admin".
func RoleRef(role string) string {
	role = strings.ToLower(role)
	if role == "" || strings.Contains(role, ":") {
		return role
	}
	return "role:default/" + role
}

// IsZero reports whether this is nobody.
func (p Principal) IsZero() bool { return p.Subject == "" }

// Key identifies the principal and its rights: two principals with one key may share results. Expiry and ID are not
// part of it.
func (p Principal) Key() string {
	if p.key == "" {
		return p.computeKey()
	}
	return p.key
}

// Claims are the refs by which the principal owns things: the subject and its groups.
func (p Principal) Claims() []string {
	return append([]string{p.Subject}, p.Groups...)
}

// Allows reports whether the scopes of the credential let it be used for a permission. Where there are no scopes it may
// be used for everything that the principal may do. In a scope, `*` stands for any text: `catalog.*`, `*.read`, `*`.
func (p Principal) Allows(permission string) bool {
	return len(p.Scopes) == 0 || slices.ContainsFunc(p.Scopes, func(scope string) bool { return covers(scope, permission) })
}

// covers reports whether a pattern with at most a few stars fits the whole text. It takes time linear in both.
func covers(pattern, text string) bool {
	head, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == text
	}
	if !strings.HasPrefix(text, head) {
		return false
	}
	text = text[len(head):]
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text, rest = text[at+len(part):], after
	}
}

// LogValue shows the subject and the credential's name, and nothing else.
func (p Principal) LogValue() slog.Value {
	return slog.GroupValue(slog.String("subject", p.Subject), slog.String("credential", p.ID))
}

// computeKey hashes the parts with their lengths, so that no two principals run into each other.
func (p Principal) computeKey() string {
	hash := sha256.New()
	write := func(parts ...string) {
		for _, part := range parts {
			hash.Write([]byte{byte(len(part) >> 24), byte(len(part) >> 16), byte(len(part) >> 8), byte(len(part))})
			hash.Write([]byte(part))
		}
		hash.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	write(p.Subject)
	write(p.Groups...)
	write(p.Roles...)
	for _, name := range slices.Sorted(maps.Keys(p.Attributes)) {
		write(name, p.Attributes[name])
	}
	write(p.Address)
	write(p.Scopes...)
	write(p.Session)
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18])
}

func normalised(refs []string, form func(string) string) []string {
	out := make([]string, 0, len(refs))
	for _, ref := range refs {
		if ref != "" {
			out = append(out, form(ref))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

type principalKey struct{}

// NewContext returns a context that carries the principal.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// FromContext gives the principal of the context, and whether there is one.
func FromContext(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok && !p.IsZero()
}

// Require gives the principal of the context, or an unauthenticated fault.
func Require(ctx context.Context) (Principal, error) {
	p, ok := FromContext(ctx)
	if !ok {
		return Principal{}, fault.Unauthenticated("auth.Require", "sign in first").WithCode(CodeUnauthenticated)
	}
	return p, nil
}
