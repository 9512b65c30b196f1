package auth

import (
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
}

func (c claims) principal() Principal {
	return NewPrincipal(Principal{
		Subject: c.Subject, Groups: c.Groups, Roles: c.Roles, Attributes: c.Attributes,
		Address: c.Address,
		Expiry:  c.ExpiresAt.Time, ID: c.ID,
	})
}

// scheme is one kind of token: its keys, and what its header and registered claims must say.
type scheme struct {
	keys     *KeyRing
	kind     string
	issuer   string
	audience string
	now      func() time.Time
	verified *otter.Cache[[sha256.Size]byte, Principal]
}

func newScheme(keys *KeyRing, kind, issuer, audience string, now func() time.Time) *scheme {
	return &scheme{
		keys: keys, kind: kind, issuer: issuer, audience: audience, now: now,
		verified: otter.Must(&otter.Options[[sha256.Size]byte, Principal]{MaximumSize: maxVerified}),
	}
}

// issue signs a token for the principal. Its id is random.
func (s *scheme) issue(p Principal, expiry time.Time) (string, error) {
	if !s.keys.CanSign() {
		return "", fault.New(fault.KindInternal, "auth.issue", "this process has no key that signs")
	}
	now := s.now()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: s.issuer, Subject: p.Subject, Audience: jwt.ClaimStrings{s.audience}, ID: rand.Text(),
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expiry),
		},
		Groups: p.Groups, Roles: p.Roles, Attributes: p.Attributes, Address: p.Address,
	})
	token.Header["kid"] = s.keys.current
	token.Header["typ"] = s.kind
	signed, err := token.SignedString(s.keys.signing)
	if err != nil {
		return "", fault.Internal("auth.issue", err)
	}
	return signed, nil
}

// verify gives the principal of a token. A token that was verified before costs a hash.
func (s *scheme) verify(token string) (Principal, error) {
	if len(token) > maxTokenBytes {
		return Principal{}, invalidToken(errors.New("too long"))
	}
	sum := sha256.Sum256([]byte(token))
	if p, ok := s.verified.GetIfPresent(sum); ok {
		if !s.now().Before(p.Expiry) {
			s.verified.Invalidate(sum)
			return Principal{}, expiredToken()
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
		return Principal{}, invalidToken(errors.New("not three parts"))
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
		return Principal{}, expiredToken()
	}
	if err != nil {
		return Principal{}, invalidToken(err)
	}
	p := found.principal()
	if !subjectPattern.MatchString(p.Subject) || len(p.Subject) > 512 {
		return Principal{}, invalidToken(errors.New("the subject is no ref"))
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
	key, ok := s.keys.public[id]
	if !ok {
		return nil, errors.New("the key is not known")
	}
	return key, nil
}

// invalidToken keeps the cause for the log. The causes of the token library name rules and claims, never values.
func invalidToken(cause error) error {
	return fault.Unauthenticated("auth.verify", "the token is not valid").WithCode(CodeTokenInvalid).Because(cause)
}

func expiredToken() error {
	return fault.Unauthenticated("auth.verify", "the token has expired").WithCode(CodeTokenExpired)
}
