package jwt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"devportal.internal/router/internal/cache"
)

const (
	// maxTokenBytes bounds a token before anything looks into it.
	maxTokenBytes = 8 << 10
	// maxVerified and maxVerifiedBytes bound the tokens that are remembered.
	maxVerified      = 10_000
	maxVerifiedBytes = 64 << 20
)

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	options  Options
	issuers  map[string]*material
	parser   *jwt.Parser
	verified *cache.Cache[*verified]
}

// verified is a token whose signature was checked with a key of a set: it counts while that set is the current one.
type verified struct {
	from  *material
	set   *keySet
	until time.Time
	said  *claims
}

// New makes a Verifier. Keys in files must be readable; of those behind a URL that cannot be fetched now the log tells, and
// tokens of that issuer are refused until they can. Its error is about the options.
func New(ctx context.Context, options Options) (*Verifier, error) {
	options = options.withDefaults()
	if err := options.check(); err != nil {
		return nil, err
	}
	v := &Verifier{options: options, issuers: map[string]*material{}, verified: cache.New[*verified](maxVerified, maxVerifiedBytes)}
	v.parser = jwt.NewParser(
		jwt.WithValidMethods(options.Algorithms), jwt.WithAudience(options.Audiences...), jwt.WithExpirationRequired(),
		jwt.WithLeeway(options.Leeway), jwt.WithTimeFunc(options.Now), jwt.WithStrictDecoding(), jwt.WithJSONNumber(),
	)
	for issuer, place := range options.Issuers {
		v.issuers[issuer] = newMaterial(issuer, place, options)
	}
	for issuer, err := range v.refresh(ctx) {
		if !isURL(options.Issuers[issuer]) {
			return nil, fmt.Errorf("issuer %s: %w", issuer, err)
		}
		v.issuers[issuer].complain(ctx, err)
	}
	return v, nil
}

// refresh reads the keys of all issuers at once, and tells whose could not be.
func (v *Verifier) refresh(ctx context.Context) map[string]error {
	failed := map[string]error{}
	var mu sync.Mutex
	var done sync.WaitGroup
	for issuer, keys := range v.issuers {
		done.Go(func() {
			if err := keys.refresh(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[issuer] = err
			}
		})
	}
	done.Wait()
	return failed
}

// Watch reads the keys again and again until ctx ends, so that those that an issuer has withdrawn count no longer.
func (v *Verifier) Watch(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for issuer, err := range v.refresh(ctx) {
			if ctx.Err() == nil {
				v.issuers[issuer].complain(ctx, err)
			}
		}
	}
}

// The reasons for which a token is refused. None says more of it.
var (
	errToken   = errors.New("the token is not valid")
	errExpired = errors.New("the token has expired")
)

// verify gives what a token says. One that was verified before costs a hash.
func (v *Verifier) verify(ctx context.Context, token string) (*claims, error) {
	if len(token) > maxTokenBytes || strings.Count(token, ".") != 2 {
		return nil, errToken
	}
	sum := sha256.Sum256([]byte(token))
	if known, found := v.verified.Find(string(sum[:])); found && known.from.current.Load() == known.set {
		if !v.options.Now().Before(known.until) {
			return nil, errExpired
		}
		return known.said, nil
	}
	made, err := v.parse(ctx, token)
	if err != nil {
		return nil, err
	}
	v.verified.Keep(string(sum[:]), made, len(token)*2)
	return made.said, nil
}

func (v *Verifier) parse(ctx context.Context, token string) (*verified, error) {
	made := &verified{}
	said := jwt.MapClaims{}
	_, err := v.parser.ParseWithClaims(token, said, func(t *jwt.Token) (any, error) { return v.keyOf(ctx, t, said, made) })
	if err != nil {
		if errors.Is(err, jwt.ErrTokenExpired) {
			return nil, errExpired
		}
		return nil, errToken
	}
	expires, err := said.GetExpirationTime()
	if err != nil || expires == nil {
		return nil, errToken
	}
	made.until = expires.Add(v.options.Leeway)
	made.said, err = v.claimsOf(said, token, made.until)
	return made, err
}

// keyOf finds the key that must have signed a token: one of its issuer's. What else the header offers (jwk, jku, x5u) is
// not looked at.
func (v *Verifier) keyOf(ctx context.Context, t *jwt.Token, said jwt.MapClaims, made *verified) (any, error) {
	if _, critical := t.Header["crit"]; critical || !isAccessToken(t.Header["typ"]) {
		return nil, errToken
	}
	issuer, err := said.GetIssuer()
	keys, known := v.issuers[issuer]
	if err != nil || !known {
		return nil, errToken
	}
	id, isText := t.Header["kid"].(string)
	if _, given := t.Header["kid"]; given && !isText {
		return nil, errToken
	}
	found, set, ok := keys.key(ctx, id, t.Method.Alg())
	if !ok {
		return nil, errToken
	}
	made.from, made.set = keys, set
	return found.public, nil
}

// isAccessToken tells access tokens from those of other kinds that the same issuer may sign with the same key (RFC 8725
// section 3.11). Many issuers give their access tokens no type, or the general one.
func isAccessToken(kind any) bool {
	if kind == nil {
		return true
	}
	name, _ := kind.(string)
	name = strings.TrimPrefix(strings.ToLower(name), "application/")
	return slices.Contains([]string{"jwt", "at+jwt"}, name)
}
