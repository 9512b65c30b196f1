package auth

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/maypok86/otter/v2"

	"devportal.internal/internal/fault"
)

const (
	// maxInitPayload bounds the payload of connection_init that is looked into, in bytes.
	maxInitPayload = 64 << 10
	// groupsLife is for how long the groups of a subject are remembered.
	groupsLife = 10 * time.Second
	maxGroups  = 10_000
)

// Membership says which groups a subject belongs to.
type Membership interface {
	// GroupsOf gives the refs of the groups.
	GroupsOf(ctx context.Context, subject string) ([]string, error)
}

// Sessions are where people are signed in.
type Sessions interface {
	// Find gives the principal of the session with this cookie, and notes that it is used. None is an unauthenticated
	// fault.
	Find(ctx context.Context, cookie string) (Principal, error)
	// Alive gives an unauthenticated fault when the session with this id has ended.
	Alive(ctx context.Context, id string) error
}

// ToolTokens are the tokens that people give to tools.
type ToolTokens interface {
	// Verify gives the principal of a token that begins with [ToolTokenPrefix], or an unauthenticated fault.
	Verify(ctx context.Context, token string) (Principal, error)
}

// ToolTokenPrefix begins every token for tools, so that scanners for secrets recognise them.
const ToolTokenPrefix = "dpt_"

// Authenticator says who sent a request.
type Authenticator struct {
	options Options
	groups  *otter.Cache[string, []string]
}

// Options say what an authenticator accepts. Only Tokens is required.
type Options struct {
	Tokens *Tokens
	// Sessions, with Cookie the name of their cookie, accepts session cookies and the access tokens of sessions; nil
	// does not.
	Sessions Sessions
	Cookie   string
	// ToolTokens accepts tokens for tools; nil does not.
	ToolTokens ToolTokens
	// Development allows the development user; nil does not.
	Development *Development
	// Membership adds the groups that the subject belongs to; nil adds none.
	Membership Membership
}

// NewAuthenticator makes an authenticator.
func NewAuthenticator(o Options) *Authenticator {
	return &Authenticator{
		options: o,
		groups: otter.Must(&otter.Options[string, []string]{
			MaximumSize: maxGroups, ExpiryCalculator: otter.ExpiryWriting[string, []string](groupsLife),
		}),
	}
}

// Authenticate gives the principal of an HTTP request, or, with the payload of connection_init, of a websocket. The
// credential is the Authorization header, or `Authorization` in the payload (at its top or in `headers`); where both are
// there they must be the same. Without one it is the session's cookie. A credential that is present but invalid is an
// unauthenticated fault with code TOKEN_INVALID or TOKEN_EXPIRED; none at all is UNAUTHENTICATED, unless the request may
// be the development user's.
func (a *Authenticator) Authenticate(r *http.Request, initPayload json.RawMessage) (Principal, error) {
	token, present, err := credential(r, initPayload)
	if err != nil {
		return Principal{}, err
	}
	cookie, hasCookie, err := a.cookie(r)
	switch {
	case present:
		return a.known(r.Context())(a.verify(r.Context(), token))
	case err != nil:
		return Principal{}, err
	case hasCookie:
		p, err := a.options.Sessions.Find(r.Context(), cookie)
		p.Ambient = true
		return a.known(r.Context())(p, err)
	case a.options.Development != nil && a.options.Development.admit(r):
		return a.known(r.Context())(a.options.Development.principal, nil)
	default:
		return Principal{}, fault.Unauthenticated("auth.Authenticate", "sign in first").WithCode(CodeUnauthenticated)
	}
}

// verify gives the principal of a token of any kind.
func (a *Authenticator) verify(ctx context.Context, token string) (Principal, error) {
	if strings.HasPrefix(token, ToolTokenPrefix) && a.options.ToolTokens != nil {
		return a.options.ToolTokens.Verify(ctx, token)
	}
	p, err := a.options.Tokens.Verify(token)
	if err != nil || p.Session == "" {
		return p, err
	}
	if a.options.Sessions == nil {
		return Principal{}, InvalidToken(errors.New("there are no sessions here"))
	}
	return p, a.options.Sessions.Alive(ctx, p.Session)
}

// cookie gives the session's cookie. One that is there twice is an invalid credential: somebody may have planted it.
func (a *Authenticator) cookie(r *http.Request) (value string, present bool, err error) {
	if a.options.Sessions == nil {
		return "", false, nil
	}
	switch all := r.CookiesNamed(a.options.Cookie); len(all) {
	case 0:
		return "", false, nil
	case 1:
		return all[0].Value, true, nil
	default:
		return "", false, InvalidToken(errors.New("two session cookies"))
	}
}

// known completes a principal with the groups of the catalog.
func (a *Authenticator) known(ctx context.Context) func(Principal, error) (Principal, error) {
	return func(p Principal, err error) (Principal, error) {
		if err != nil {
			return Principal{}, err
		}
		return a.withGroups(ctx, p)
	}
}

// withGroups adds the groups of the catalog to those of the credential.
func (a *Authenticator) withGroups(ctx context.Context, p Principal) (Principal, error) {
	if a.options.Membership == nil {
		return p, nil
	}
	groups, ok := a.groups.GetIfPresent(p.Subject)
	if !ok {
		var err error
		if groups, err = a.options.Membership.GroupsOf(ctx, p.Subject); err != nil {
			return Principal{}, fault.In("auth.Authenticate", err)
		}
		a.groups.Set(p.Subject, groups)
	}
	p.Groups = slices.Concat(p.Groups, groups)
	return NewPrincipal(p), nil
}

// credential finds the one credential of a request.
func credential(r *http.Request, initPayload json.RawMessage) (token string, present bool, err error) {
	inHeader, present, err := bearer(r.Header)
	if err != nil {
		return "", true, err
	}
	inPayload, presentToo, err := payloadToken(initPayload)
	switch {
	case err != nil:
		return "", true, err
	case present && presentToo && inHeader != inPayload:
		return "", true, fault.Unauthenticated("auth.Authenticate", "two different credentials were sent").
			WithCode(CodeTokenInvalid)
	case presentToo:
		return inPayload, true, nil
	default:
		return inHeader, present, nil
	}
}

// payloadToken finds the token in the payload of connection_init. Anything under a name of that kind that is no text is
// an invalid credential; null is none.
func payloadToken(payload json.RawMessage) (token string, present bool, err error) {
	if len(payload) == 0 {
		return "", false, nil
	}
	var fields map[string]json.RawMessage
	if len(payload) > maxInitPayload || json.Unmarshal(payload, &fields) != nil {
		return "", true, invalidCredential()
	}
	values := authorizationsIn(fields)
	for name, raw := range fields {
		var headers map[string]json.RawMessage
		if strings.EqualFold(name, "headers") && json.Unmarshal(raw, &headers) == nil {
			values = append(values, authorizationsIn(headers)...)
		}
	}
	if len(values) == 0 {
		return "", false, nil
	}
	var text string
	if len(values) > 1 || json.Unmarshal(values[0], &text) != nil {
		return "", true, invalidCredential()
	}
	token, err = bearerToken(text)
	return token, true, err
}

func authorizationsIn(fields map[string]json.RawMessage) (values []json.RawMessage) {
	for name, raw := range fields {
		if strings.EqualFold(name, "authorization") && string(raw) != "null" {
			values = append(values, raw)
		}
	}
	return values
}
