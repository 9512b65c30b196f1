package auth

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/maypok86/otter/v2"

	"devportal.internal/internal/fault"
)

const (
	// maxTokenBytes bounds a token before anything looks into it.
	maxTokenBytes = 8 << 10
	// maxVerified bounds how many verified tokens are remembered.
	maxVerified = 10_000
)

// claims are what a token of either kind says: the registered claims of RFC 7519, and ours.
type claims struct {
	jwt.RegisteredClaims
	Groups     []string          `json:"groups,omitempty"`
	Roles      []string          `json:"roles,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	Address    string            `json:"address,omitempty"`
	// Scope is the scopes, separated by spaces (RFC 8693 section 4.2).
	Scope string `json:"scope,omitempty"`
	// Session is the id of the session that the token belongs to.
	Session string `json:"sid,omitempty"`
	// Credential is the name of the credential in whose place an internal token stands.
	Credential string `json:"credential,omitempty"`
}

func (c claims) principal() Principal {
	return NewPrincipal(Principal{
		Subject: c.Subject, Groups: c.Groups, Roles: c.Roles, Attributes: c.Attributes,
		Address: c.Address, Scopes: strings.Fields(c.Scope), Session: c.Session,
		Expiry: c.ExpiresAt.Time, ID: cmp.Or(c.Credential, c.ID),
	})
}

// scheme is one kind of token: its keys, and what its header and registered claims must say.
type scheme struct {
	keys     Keys
	kind     string
	issuer   string
	audience string
	now      func() time.Time
	verified *otter.Cache[[sha256.Size]byte, Principal]
}

func newScheme(keys Keys, kind, issuer, audience string, now func() time.Time) *scheme {
	return &scheme{
		keys: keys, kind: kind, issuer: issuer, audience: audience, now: now,
		verified: otter.Must(&otter.Options[[sha256.Size]byte, Principal]{MaximumSize: maxVerified}),
	}
}

// issue signs a token for the principal. Its id is random.
func (s *scheme) issue(p Principal, expiry time.Time) (string, error) {
	ring := s.keys.Ring()
	if !ring.CanSign() {
		return "", fault.New(fault.KindInternal, "auth.issue", "this process has no key that signs")
	}
	now := s.now()
	said := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.issuer, Subject: p.Subject, Audience: jwt.ClaimStrings{s.audience}, ID: rand.Text(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expiry),
		},
		Groups: p.Groups, Roles: p.Roles, Attributes: p.Attributes, Address: p.Address,
		Scope: strings.Join(p.Scopes, " "), Session: p.Session,
	}
	if s.kind == internalKind {
		said.Credential = p.ID
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, said)
	token.Header["kid"] = ring.current
	token.Header["typ"] = s.kind
	signed, err := token.SignedString(ring.signing)
	if err != nil {
		return "", fault.Internal("auth.issue", err)
	}
	return signed, nil
}

// verify gives the principal of a token. A token that was verified before costs a hash.
func (s *scheme) verify(token string) (Principal, error) {
	if len(token) > maxTokenBytes {
		return Principal{}, InvalidToken(errors.New("too long"))
	}
	sum := sha256.Sum256([]byte(token))
	if p, ok := s.verified.GetIfPresent(sum); ok {
		if !s.now().Before(p.Expiry) {
			s.verified.Invalidate(sum)
			return Principal{}, ExpiredToken()
		}
		return p, nil
	}
	p, err := s.parse(token)
	if err == nil {
		s.verified.Set(sum, p)
	}
	return p, err
}

var subjectPattern = regexp.MustCompile(`^[a-z][a-z0-9]*:[a-z0-9-]+/[^\s\x00-\x1f]+$`)

func (s *scheme) parse(token string) (Principal, error) {
	if strings.Count(token, ".") != 2 {
		return Principal{}, InvalidToken(errors.New("not three parts"))
	}
	var found claims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithStrictDecoding(),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(s.issuer),
		jwt.WithAudience(s.audience),
		jwt.WithTimeFunc(s.now),
	).ParseWithClaims(token, &found, s.keyFor)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return Principal{}, ExpiredToken()
	}
	if err != nil {
		return Principal{}, InvalidToken(err)
	}
	p := found.principal()
	if !subjectPattern.MatchString(p.Subject) || len(p.Subject) > 512 {
		return Principal{}, InvalidToken(errors.New("the subject is no ref"))
	}
	return p, nil
}

// keyFor finds the key that a header names in the ring, and nowhere else. A header that makes demands (crit, RFC 7515
// section 4.1.11) is refused: there are none that we know.
func (s *scheme) keyFor(token *jwt.Token) (any, error) {
	if _, demands := token.Header["crit"]; demands {
		return nil, errors.New("the header has crit")
	}
	if kind, _ := token.Header["typ"].(string); kind != s.kind {
		return nil, errors.New("the token is of another kind")
	}
	id, _ := token.Header["kid"].(string)
	key, ok := s.keys.Ring().public[id]
	if !ok {
		return nil, errors.New("the key is not known")
	}
	return key, nil
}

// InvalidToken is the fault of a credential that is not valid. It keeps the cause for the log: causes name rules and
// claims, never values.
func InvalidToken(cause error) error {
	return fault.Unauthenticated("auth.verify", "the token is not valid").WithCode(CodeTokenInvalid).Because(cause)
}

// ExpiredToken is the fault of a credential that was valid once.
func ExpiredToken() error {
	return fault.Unauthenticated("auth.verify", "the token has expired").WithCode(CodeTokenExpired)
}
