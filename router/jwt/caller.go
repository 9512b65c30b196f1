package jwt

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"devportal.internal/router/transport"
)

// bearerKey is where a context has the claims of the token that came with the request.
type bearerKey struct{}

// Authenticate is a transport.Authenticate: it takes the token from the header or, on websockets, from the member of
// connection_init's payload (or of what renews it) that is named as the header, in any case. The payload goes before the
// header of the upgrade. Its errors have the code UNAUTHENTICATED.
func (v *Verifier) Authenticate(ctx context.Context, r *http.Request, init json.RawMessage) (context.Context, transport.Caller, error) {
	token, err := v.tokenOf(r.Header, init)
	if err != nil {
		return nil, transport.Caller{}, refused(err)
	}
	if token == "" {
		if v.options.Required {
			return nil, transport.Caller{}, refused(errors.New("a token is needed"))
		}
		return ctx, transport.Caller{}, nil
	}
	said, err := v.verify(ctx, token)
	if err != nil {
		return nil, transport.Caller{}, refused(err)
	}
	caller := transport.Caller{Identity: said.identity, Expires: said.expires, SignedIn: true, Scopes: said.scopes}
	return context.WithValue(ctx, bearerKey{}, said), caller, nil
}

func refused(err error) error {
	return transport.NewError(transport.CodeUnauthenticated, err.Error())
}

// tokenOf finds the token; "" says that none was sent.
func (v *Verifier) tokenOf(header http.Header, init json.RawMessage) (string, error) {
	value, given, err := v.ofPayload(init)
	if err != nil {
		return "", err
	}
	if !given {
		values := header[v.options.Header]
		if len(values) > 1 {
			return "", errToken
		}
		if len(values) == 0 {
			return "", nil
		}
		value = values[0]
	}
	scheme, rest, found := strings.Cut(strings.TrimSpace(value), " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		value = rest
	} else if v.options.Header == defaultHeader {
		return "", errToken
	}
	if value = strings.TrimSpace(value); value == "" {
		return "", errToken
	}
	return value, nil
}

// ofPayload finds the member of a websocket's payload; two of them are one too many.
func (v *Verifier) ofPayload(init json.RawMessage) (value string, given bool, err error) {
	var payload map[string]json.RawMessage
	if len(init) == 0 || json.Unmarshal(init, &payload) != nil {
		return "", false, nil
	}
	for name, raw := range payload {
		if !strings.EqualFold(name, v.options.Header) || string(raw) == "null" {
			continue
		}
		if given || json.Unmarshal(raw, &value) != nil {
			return "", true, errToken
		}
		given = true
	}
	return value, given, nil
}

// Granted implements router.Policies: a caller has the policies that the token lists.
func (v *Verifier) Granted(ctx context.Context, _ transport.Caller, names []string) ([]bool, error) {
	granted := make([]bool, len(names))
	if said, known := ctx.Value(bearerKey{}).(*claims); known {
		for at, name := range names {
			_, granted[at] = slices.BinarySearch(said.policies, name)
		}
	}
	return granted, nil
}

// Version implements router.Policies: what a token says does not change.
func (v *Verifier) Version() uint64 { return 1 }

// Sign implements upstream.Signer: it shows subgraphs the token of whoever is asking.
func (v *Verifier) Sign(ctx context.Context, _ string) (authorization, identity string, err error) {
	if said, known := ctx.Value(bearerKey{}).(*claims); known {
		return "Bearer " + said.token, said.identity, nil
	}
	return "", "", nil
}
