package jwt

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"time"
)

// Options says whose tokens are accepted. Issuers and Audiences are required.
type Options struct {
	// Issuers are where the key set of each accepted `iss` is: an http or https URL, or the path of a file.
	Issuers map[string]string

	// Audiences are the accepted values of `aud`; a token must name one of them.
	Audiences []string

	// Algorithms are the accepted signatures, of Algorithms(); none is all of them.
	Algorithms []string

	// Leeway is how far clocks may be apart: a token counts from so much before `nbf` until so much after `exp`.
	Leeway time.Duration

	// Header carries the token on HTTP, and as a member of connection_init's payload on websockets: "" is
	// "Authorization", which needs the scheme Bearer. In any other header the scheme may be left out.
	Header string

	// Required refuses callers without a token.
	Required bool

	// PoliciesClaim names the claim that lists a caller's policies, a string or an array of them; "" grants none. A name
	// with dots that is no claim leads into objects: realm_access.roles.
	PoliciesClaim string

	// Forward says that subgraphs are shown the token, by Sign. Callers then share answers only if their tokens make the
	// same claims, apart from times and the token's id.
	Forward bool

	// Logger is told when keys cannot be read; nil is silent.
	Logger *slog.Logger

	// Client fetches keys; nil is one with bounds that follows no redirects.
	Client *http.Client

	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Algorithms are the signatures that can be accepted (RFC 7518, RFC 8037), each with a public key of its own kind.
func Algorithms() []string {
	return []string{"EdDSA", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}
}

const defaultHeader = "Authorization"

// maxLeeway is more than any two clocks should be apart.
const maxLeeway = 10 * time.Minute

func (o Options) withDefaults() Options {
	if len(o.Algorithms) == 0 {
		o.Algorithms = Algorithms()
	}
	if o.Header == "" {
		o.Header = defaultHeader
	}
	o.Header = http.CanonicalHeaderKey(o.Header)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Client == nil {
		o.Client = newClient()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) check() error {
	for _, name := range o.Algorithms {
		if !slices.Contains(Algorithms(), name) {
			return fmt.Errorf("algorithm %q is none of %q", name, Algorithms())
		}
	}
	for issuer, place := range o.Issuers {
		if issuer == "" || place == "" {
			return errors.New("an issuer and the place of its keys must not be empty")
		}
	}
	switch {
	case len(o.Issuers) == 0:
		return errors.New("there must be an issuer")
	case len(o.Audiences) == 0 || slices.Contains(o.Audiences, ""):
		return errors.New("there must be an audience, and none may be empty")
	case o.Leeway < 0 || o.Leeway > maxLeeway:
		return fmt.Errorf("the leeway must be between 0 and %s", maxLeeway)
	case !regexp.MustCompile("^[A-Za-z0-9-]+$").MatchString(o.Header):
		return fmt.Errorf("%q is no name of a header", o.Header)
	}
	return nil
}
