package auth

import (
	"time"

	"devportal.internal/internal/fault"
)

const (
	// Issuer is who issues client tokens, and for whom.
	Issuer = "devportal"
	// clientKind is the typ of a client token's header (RFC 9068).
	clientKind = "at+jwt"
	// maxTTL bounds the life of a client token.
	maxTTL = 366 * 24 * time.Hour
)

// Tokens issues and verifies client tokens. It is safe for concurrent use.
type Tokens struct {
	scheme *scheme
}

// NewTokens makes client tokens with the keys. Every process that verifies them has the same keys, or the public ones.
func NewTokens(keys Keys) *Tokens { return NewTokensAt(keys, time.Now) }

// NewTokensAt is [NewTokens] with a clock.
func NewTokensAt(keys Keys, now func() time.Time) *Tokens {
	return &Tokens{scheme: newScheme(keys, clientKind, Issuer, Issuer, now)}
}

// Issue gives a token for the principal's subject, groups, roles and attributes, which ends after ttl.
func (t *Tokens) Issue(p Principal, ttl time.Duration) (string, error) {
	const op = "auth.Issue"
	p = NewPrincipal(p)
	if !subjectPattern.MatchString(p.Subject) {
		return "", fault.Invalid(op, "%q is not a user: expected user:<namespace>/<name>", p.Subject)
	}
	if ttl <= 0 || ttl > maxTTL {
		return "", fault.Invalid(op, "a token lives more than nothing and at most %s", maxTTL)
	}
	return t.scheme.issue(p, t.scheme.now().Add(ttl))
}

// Verify gives the principal of a token, or an unauthenticated fault with code TOKEN_INVALID or TOKEN_EXPIRED.
func (t *Tokens) Verify(token string) (Principal, error) { return t.scheme.verify(token) }
