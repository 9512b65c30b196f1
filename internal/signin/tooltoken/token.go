package tooltoken

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/maypok86/otter/v2"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// Bounds of tokens.
const (
	// MaxPerOwner is how many tokens one owner may have.
	MaxPerOwner = 100
	// MaxLife is how long a token may live.
	MaxLife   = 366 * 24 * time.Hour
	maxScopes = 50
	maxName   = 100
	maxToken  = 128
)

// Credential is what the audit log calls the token with an id.
func Credential(id string) string { return "token:" + id }

// Codes of this package's faults. They are stable.
const (
	CodeName      = "TOKEN_NAME_INVALID"
	CodeNameTaken = "TOKEN_NAME_TAKEN"
	CodeScope     = "TOKEN_SCOPE_INVALID"
	CodeExpiry    = "TOKEN_EXPIRY_INVALID"
	CodeTooMany   = "TOO_MANY_TOKENS"
	CodeAccount   = "SERVICE_ACCOUNT_INVALID"
)

// Token is a token as its owner sees it. The secret is not in it.
type Token struct {
	ID string
	// Owner is the ref of whom the token acts as, CreatedBy of who made it.
	Owner, CreatedBy string
	Name             string
	Scopes           []string
	Created, Expires time.Time
	// LastUsed is exact to a minute; zero for never.
	LastUsed time.Time
}

// Stored is a token with what is needed to verify it.
type Stored struct {
	Token
	Hash []byte
	// Groups, Roles and Attributes are the owner's: see the package comment. When a token is added they are those of who
	// makes it.
	Groups, Roles []string
	Attributes    map[string]string
}

// Store keeps tokens.
type Store interface {
	// Add keeps a token, unless the owner has max of them (a conflict with code TOO_MANY_TOKENS) or one of the same name
	// (TOKEN_NAME_TAKEN).
	Add(ctx context.Context, token Stored, max int) error
	// Find gives a token by id with the owner's rights of now, or a not-found fault.
	Find(ctx context.Context, id string) (Stored, error)
	// Used notes when a token was last used.
	Used(ctx context.Context, id string, at time.Time) error
}

// Tokens makes and verifies tokens for tools. It implements [auth.ToolTokens] and is safe for concurrent use.
type Tokens struct {
	store Store
	now   func() time.Time
	known *otter.Cache[[sha256.Size]byte, auth.Principal]
}

const (
	// remembered is for how long a verified token is not asked about again: how long a revoked one may still be used.
	remembered = time.Second
	maxKnown   = 10_000
	// touchEvery is how exact the time of last use is.
	touchEvery = time.Minute
)

// New makes tokens that are kept in the store. A nil clock is time.Now.
func New(store Store, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{store, now, otter.Must(&otter.Options[[sha256.Size]byte, auth.Principal]{
		MaximumSize: maxKnown, ExpiryCalculator: otter.ExpiryCreating[[sha256.Size]byte, auth.Principal](remembered),
	})}
}

// Wanted is what a new token is to be.
type Wanted struct {
	// Owner is whom the token acts as; CreatedBy is the ref of who makes it.
	Owner     auth.Principal
	CreatedBy string
	Name      string
	Scopes    []string
	Expires   time.Time
}

// Create makes a token, and gives it with its secret, which is kept nowhere. Problems with what is wanted are faults
// whose paths name the fields name, scopes and expiresAt.
func (t *Tokens) Create(ctx context.Context, wanted Wanted) (made Token, secret string, err error) {
	now := t.now()
	scopes, err := wanted.check(now)
	if err != nil {
		return Token{}, "", err
	}
	id := strings.ToLower(rand.Text())
	secret = auth.ToolTokenPrefix + id + "_" + rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(secret))
	made = Token{
		ID: id, Owner: wanted.Owner.Subject, CreatedBy: wanted.CreatedBy, Name: wanted.Name, Scopes: scopes,
		Created: now, Expires: wanted.Expires,
	}
	stored := Stored{Token: made, Hash: sum[:], Roles: wanted.Owner.Roles, Attributes: wanted.Owner.Attributes}
	if err := t.store.Add(ctx, stored, MaxPerOwner); err != nil {
		return Token{}, "", err
	}
	return made, secret, nil
}

var tokenPattern = regexp.MustCompile(`^` + auth.ToolTokenPrefix + `[a-z2-7]{26}_[A-Z2-7]{52}$`)

var scopePattern = regexp.MustCompile(`^[a-z*][a-z0-9.*-]{0,99}$`)

// check gives the scopes in their form, or all that is wrong at once.
func (w Wanted) check(now time.Time) (scopes []string, err error) {
	const op = "tooltoken.Create"
	var problems []error
	if strings.TrimSpace(w.Name) == "" || utf8.RuneCountInString(w.Name) > maxName || strings.ContainsFunc(w.Name, isControl) {
		problems = append(problems, fault.Invalid(op, "a name has between 1 and %d characters", maxName).WithCode(CodeName).At("input", "name"))
	}
	if len(w.Scopes) == 0 || len(w.Scopes) > maxScopes {
		problems = append(problems, fault.Invalid(op, "a token has between 1 and %d scopes", maxScopes).WithCode(CodeScope).At("input", "scopes"))
	}
	for _, scope := range w.Scopes {
		if !scopePattern.MatchString(scope) {
			problems = append(problems, fault.Invalid(op, "a scope is the name of a permission, in which * stands for any text").
				WithCode(CodeScope).At("input", "scopes"))
			break
		}
	}
	if !w.Expires.After(now) || w.Expires.After(now.Add(MaxLife)) {
		problems = append(problems, fault.Invalid(op, "a token ends in the future, and within 366 days").
			WithCode(CodeExpiry).At("input", "expiresAt"))
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(w.Scopes)))
	return scopes, errors.Join(problems...)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// Verify implements [auth.ToolTokens].
func (t *Tokens) Verify(ctx context.Context, token string) (auth.Principal, error) {
	if len(token) > maxToken || !tokenPattern.MatchString(token) {
		return auth.Principal{}, auth.InvalidToken(errors.New("it has not the form of a token for tools"))
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(token, auth.ToolTokenPrefix), "_")
	sum := sha256.Sum256([]byte(token))
	now := t.now()
	p, ok := t.known.GetIfPresent(sum)
	if !ok {
		var err error
		if p, err = t.find(ctx, id, sum, now); err != nil {
			return auth.Principal{}, err
		}
		t.known.Set(sum, p)
	}
	if !now.Before(p.Expiry) {
		return auth.Principal{}, auth.ExpiredToken()
	}
	return p, nil
}

func (t *Tokens) find(ctx context.Context, id string, sum [sha256.Size]byte, now time.Time) (auth.Principal, error) {
	stored, err := t.store.Find(ctx, id)
	if fault.Is(err, fault.KindNotFound) {
		return auth.Principal{}, auth.InvalidToken(errors.New("there is no such token"))
	}
	if err != nil {
		return auth.Principal{}, err
	}
	if subtle.ConstantTimeCompare(stored.Hash, sum[:]) != 1 {
		return auth.Principal{}, auth.InvalidToken(errors.New("the secret is another one"))
	}
	if now.Before(stored.Expires) && now.Sub(stored.LastUsed) >= touchEvery {
		if err := t.store.Used(ctx, id, now); err != nil {
			return auth.Principal{}, err
		}
	}
	return auth.NewPrincipal(auth.Principal{
		Subject: stored.Owner, Groups: stored.Groups, Roles: stored.Roles, Attributes: stored.Attributes,
		Scopes: stored.Scopes, Expiry: stored.Expires, ID: Credential(id),
	}), nil
}

// Fingerprint tells tokens apart in lists without showing them: the first characters of the id.
func (t Token) Fingerprint() string {
	return auth.ToolTokenPrefix + t.ID[:min(6, len(t.ID))] + "…"
}
