package auth

import (
	"context"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"

	"devportal.internal/internal/fault"
)

const (
	// internalIssuer is who issues internal tokens: the router.
	internalIssuer = "devportal-router"
	// internalKind is the typ of an internal token's header.
	internalKind = "devportal-internal+jwt"
	// internalAudience precedes the name of the one subgraph that a token is for.
	internalAudience = "devportal-subgraph:"
	// defaultInternalTTL is how long an internal token lives; it is used for half of that.
	defaultInternalTTL = 5 * time.Minute
	// maxMinted bounds how many tokens are kept for use.
	maxMinted = 20_000
)

// Minter makes the internal tokens that the router sends to subgraphs in the name of the principal of a request. It
// implements the router's upstream.Signer.
type Minter struct {
	keys   Keys
	ttl    time.Duration
	now    func() time.Time
	minted *otter.Cache[mintKey, mintedToken]
}

// mintKey is what a token is made for.
type mintKey struct {
	subgraph  string
	principal string
	// credential is its name, for the audit log of the subgraph.
	credential string
	// ends is when the principal's own credential ends, where that is sooner than a token would; else 0.
	ends int64
}

type mintedToken struct {
	authorization string
	freshUntil    time.Time
}

// NewMinter makes a minter that signs with the keys. A ttl of 0 means five minutes.
func NewMinter(keys Keys, ttl time.Duration) *Minter { return NewMinterAt(keys, ttl, time.Now) }

// NewMinterAt is [NewMinter] with a clock.
func NewMinterAt(keys Keys, ttl time.Duration, now func() time.Time) *Minter {
	if ttl <= 0 {
		ttl = defaultInternalTTL
	}
	return &Minter{
		keys: keys, ttl: ttl, now: now,
		minted: otter.Must(&otter.Options[mintKey, mintedToken]{MaximumSize: maxMinted}),
	}
}

// Sign gives the Authorization header for a request to the subgraph in the name of the context's principal, and an
// identity that is the same for the same principal and rights. The token is made once and used for half its life. Without
// a principal it gives an unauthenticated fault.
func (m *Minter) Sign(ctx context.Context, subgraph string) (authorization, identity string, err error) {
	p, err := Require(ctx)
	if err != nil {
		return "", "", err
	}
	now := m.now()
	if !p.Expiry.IsZero() && !now.Before(p.Expiry) {
		return "", "", ExpiredToken()
	}
	expiry, key := now.Add(m.ttl), mintKey{subgraph: subgraph, principal: p.Key(), credential: p.ID}
	if !p.Expiry.IsZero() && p.Expiry.Before(expiry) {
		expiry, key.ends = p.Expiry, p.Expiry.Unix()
	}
	if t, ok := m.minted.GetIfPresent(key); ok && now.Before(t.freshUntil) {
		return t.authorization, key.principal, nil
	}
	token, err := newScheme(m.keys, internalKind, internalIssuer, internalAudience+subgraph, m.now).issue(p, expiry)
	if err != nil {
		return "", "", fault.In("auth.Sign", err)
	}
	t := mintedToken{authorization: "Bearer " + token, freshUntil: now.Add(expiry.Sub(now) / 2)}
	m.minted.Set(key, t)
	return t.authorization, key.principal, nil
}

// ServicePrincipal is the portal itself at some work of its own, such as the router that reads the subgraphs' schemas.
// It has no roles.
func ServicePrincipal(name string) Principal {
	return NewPrincipal(Principal{Subject: "service:default/" + name, ID: "service:" + strconv.Quote(name)})
}
