package main

import (
	"context"
	"log/slog"
	"time"

	"devportal.internal/router"
	"devportal.internal/router/jwt"
)

// jwtSettings are whose tokens say who is asking; without an issuer everyone is the same anonymous caller.
type jwtSettings struct {
	Issuers       map[string]string `help:"Accepted issuers of tokens, each with the URL or file of its JSON Web Key Set." placeholder:"ISSUER=URL|FILE"`
	Audiences     []string          `help:"Audiences, one of which a token must be for." placeholder:"NAME"`
	Algorithms    []string          `help:"Accepted signatures; by default every one with a public key: EdDSA, ES256, PS256, RS256 and the longer ones." placeholder:"NAME"`
	Leeway        time.Duration     `help:"How far the clocks of issuers may be apart from this one." default:"0"`
	Header        string            `help:"Header, and member of connection_init, that carries the token." default:"Authorization" placeholder:"NAME"`
	Required      bool              `help:"Refuse callers without a token." default:"false"`
	PoliciesClaim string            `help:"Claim that lists the caller's policies, for @policy; with dots it leads into objects." placeholder:"NAME"`
	Forward       bool              `help:"Show the token to subgraphs, as Authorization." default:"false"`
	Refresh       time.Duration     `help:"How often keys are read again; 0 does so only for tokens whose key is not known." default:"5m"`
}

// verifier makes what verifies tokens, and has it decide who is asking; it is nil where there are no issuers.
func (j jwtSettings) verifier(ctx context.Context, options *router.Options, logger *slog.Logger) (*jwt.Verifier, error) {
	if len(j.Issuers) == 0 {
		return nil, j.checkUnused()
	}
	if j.Refresh < 0 {
		return nil, badSetting("setting jwt-refresh: it must not be negative")
	}
	verifier, err := jwt.New(ctx, jwt.Options{
		Issuers: j.Issuers, Audiences: j.Audiences, Algorithms: j.Algorithms, Leeway: j.Leeway, Header: j.Header,
		Required: j.Required, PoliciesClaim: j.PoliciesClaim, Forward: j.Forward, Logger: logger,
	})
	if err != nil {
		return nil, badSetting("settings jwt: %w", err)
	}
	options.Authenticate = verifier.Authenticate
	options.AllowedHeaders = append(options.AllowedHeaders, j.Header)
	if j.PoliciesClaim != "" {
		options.Policies = verifier
	}
	if j.Forward {
		options.Signer = verifier
	}
	return verifier, nil
}

// checkUnused refuses settings that would look as if tokens were verified.
func (j jwtSettings) checkUnused() error {
	if j.Required || j.Forward || j.PoliciesClaim != "" || len(j.Audiences) > 0 || len(j.Algorithms) > 0 {
		return badSetting("setting jwt-issuers: it must say whose tokens are accepted")
	}
	return nil
}
