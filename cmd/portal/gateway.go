package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/telemetry"
	"devportal.internal/router"
	"devportal.internal/router/compose"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
	"devportal.internal/schema"
	docsserver "devportal.internal/subgraphs/docs/server"
	portalpg "devportal.internal/subgraphs/portal/postgres"
)

// gateway is the router with who may ask it.
type gateway struct {
	f             *foundation
	router        *router.Router
	authenticator *auth.Authenticator
	registered    []lifecycle.Part
	signin        http.Handler // nil while no identity provider is configured
	assets        http.Handler // of documentation; nil where another process serves them
}

// newGateway composes the schemas and puts the router over the subgraphs.
func newGateway(f *foundation, subgraphs map[string]upstream.Subgraph) (*gateway, error) {
	supergraph, err := composeSupergraph()
	if err != nil {
		return nil, err
	}
	g := &gateway{f: f}
	if g.authenticator, err = newAuthenticator(f); err != nil {
		return nil, err
	}
	if g.signin, err = newSignIn(f); err != nil {
		return nil, err
	}
	options := router.Options{
		Supergraph: supergraph, Subgraphs: subgraphs, Signer: f.minter, Authenticate: g.authenticate, Denied: f.denied,
		Policies: rights{f.access}, ShowPlan: rights{f.access}.isAdmin,
		AllowedOrigins: f.settings.AllowedOrigins, GraphiQL: true, GraphiQLQuery: firstQuery,
		Deduplicate: router.Deduplication{Queries: true, Fetches: true}, Logger: f.logger, Tracer: otel.Tracer("devportal.internal/router"),
	}
	if err = f.protect(&options); err != nil {
		return nil, err
	}
	if g.router, err = router.New(options); err != nil {
		return nil, err
	}
	if g.registered, err = g.register(); err != nil {
		return nil, err
	}
	// Live operations were allowed by the policies of before: their clients go on from their last event, under
	// those of now.
	f.policies.OnChange(func() { g.router.Revoke(func(string) bool { return true }) })
	return g, nil
}

// firstQuery is what GraphiQL shows somebody who opens it for the first time.
const firstQuery = `# Whoever you are, and what there is.
query {
  viewer { ref roles }
  entities(first: 10) {
    totalCount
    nodes { ref kind title owner { ref } }
  }
}
`

// composeSupergraph composes the schemas that the binary holds. The routing URLs are not used: each subgraph is given to
// the router by name.
func composeSupergraph() (string, error) {
	var subgraphs []compose.Subgraph
	for _, name := range schema.Subgraphs() {
		sdl, err := schema.SDL(name)
		if err != nil {
			return "", err
		}
		subgraphs = append(subgraphs, compose.Subgraph{Name: name, URL: "http://" + name, SDL: sdl})
	}
	result, errs := compose.Compose(subgraphs, compose.Options{})
	if len(errs) > 0 {
		return "", fmt.Errorf("compose the subgraphs: %s: %s", errs[0].Code, errs[0].Message)
	}
	return result.SupergraphSDL, nil
}

// developmentCredential is how the audit log calls the credential of the development user.
const developmentCredential = "development"

// newAuthenticator accepts client tokens and, while no identity provider is configured, the development user on a loopback
// listener.
func newAuthenticator(f *foundation) (*auth.Authenticator, error) {
	options := auth.Options{
		Tokens: f.signin.tokens, Sessions: f.signin.sessions, Cookie: f.signin.cookie(), ToolTokens: f.signin.tools,
		Membership: membership{f},
	}
	user := f.settings.Access.DevelopmentUser
	if user != "" && user != "none" && !f.settings.SignIn.HasProvider() {
		development, err := auth.NewDevelopment(f.settings.Listen, auth.NewPrincipal(auth.Principal{
			Subject: user, Roles: []string{"admin"}, ID: developmentCredential,
		}))
		if err != nil {
			f.logger.Info("the development user is off: the listener is no loopback address", slog.String("listen", f.settings.Listen))
		} else {
			options.Development = development
		}
	}
	return auth.NewAuthenticator(options), nil
}

// membership reads the groups of a user from the portal's index of entities.
type membership struct{ f *foundation }

// GroupsOf implements [auth.Membership].
func (m membership) GroupsOf(ctx context.Context, subject string) ([]string, error) {
	return entityindex.New(portalpg.Schema).GroupsOf(ctx, m.f.pool, subject)
}

// authenticate tells the router who is asking, and puts them into the context for the tokens that subgraphs are sent.
func (g *gateway) authenticate(ctx context.Context, r *http.Request, init json.RawMessage) (context.Context, transport.Caller, error) {
	principal, err := g.authenticator.Authenticate(r, init)
	if err != nil {
		return ctx, transport.Caller{}, refusal(err)
	}
	principal = g.f.located(principal, r)
	caller := transport.Caller{
		Identity: principal.Key(), SignedIn: true, Expires: principal.Expiry, Ambient: principal.Ambient,
	}
	credential := revocable(principal)
	if g.f.signin.revocations.Revoked(credential) {
		return auth.NewContext(ctx, principal), transport.Caller{}, refusal(auth.InvalidToken(errors.New("it was revoked")))
	}
	if init != nil || streams(r) {
		ctx = g.f.signin.revocations.Watch(ctx, credential, errRevoked)
	}
	return auth.NewContext(ctx, principal), caller, nil
}

// streams says that the answer may go on for as long as the credential is good.
func streams(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "text/event-stream") || strings.Contains(accept, "multipart/mixed")
}

// errRevoked ends what runs for a credential that was revoked.
var errRevoked = transport.Refuse(http.StatusUnauthorized, transport.CodeUnauthenticated, "the credential has been revoked: sign in again")

// revocable names what may be revoked: the session that a credential belongs to, or the credential itself.
func revocable(p auth.Principal) string {
	if p.Session != "" {
		return session.Credential(p.Session)
	}
	return p.ID
}

// located says where a principal asks from.
func (f *foundation) located(p auth.Principal, r *http.Request) auth.Principal {
	p.Address = auth.ClientAddress(r, f.proxies...)
	return auth.NewPrincipal(p)
}

// authenticated puts who is asking into the context of requests to something else than the graph. A request of nobody is
// refused.
func authenticated(authenticator *auth.Authenticator, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		principal, err := authenticator.Authenticate(r, nil)
		if err != nil {
			http.Error(w, "sign in first", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(auth.NewContext(r.Context(), principal)))
	})
}

// refusal shows a client what is wrong with its credential; anything else is masked.
func refusal(err error) error {
	message, shown := fault.Message(err)
	if code := fault.Code(err); shown && code != "" {
		return transport.NewError(code, message)
	}
	return err
}

// parts are the listeners. The admin listener comes first: it tells how the start is going.
func (g *gateway) parts(bound func(net.Addr)) []lifecycle.Part {
	return append(g.registered,
		lifecycle.HTTPServer("the main listener", g.f.settings.Listen, router.NewServer(g.handler()), bound, transport.Listener),
		lifecycle.Part{Name: "the router", Stop: g.drain, StopTimeout: g.f.settings.GracePeriod},
	)
}

// drainTime is how long the router goes on serving while it asks clients, and whoever balances load, to go elsewhere.
const drainTime = time.Second

// drain asks clients to go, then ends live operations with a close that clients reconnect after, and waits for what runs.
func (g *gateway) drain(ctx context.Context) error {
	g.f.health.SetDraining()
	g.router.Drain()
	select {
	case <-time.After(drainTime):
	case <-ctx.Done():
	}
	return g.router.Shutdown(ctx)
}

func (g *gateway) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", g.router)
	mux.HandleFunc("GET /schema.graphql", g.router.ServeSchema)
	mux.HandleFunc("GET /.well-known/jwks.json", g.f.signin.serveJWKS)
	mux.Handle("GET /healthz", g.f.health.LiveHandler())
	mux.Handle("GET /readyz", g.f.health.ReadyHandler())
	if g.signin != nil {
		mux.Handle("/auth/", g.signin)
	}
	if g.assets != nil {
		mux.Handle("GET "+docsserver.AssetsPath, authenticated(g.authenticator, g.assets))
	}
	mux.Handle("GET /{$}", http.RedirectHandler("/graphql", http.StatusTemporaryRedirect))
	return telemetry.Instrument(mux, g.f.logger)
}

// adminListener serves metrics, readiness with each dependency named, and profiles. The router's own metrics, where
// there is one, are on the same page.
func (f *foundation) adminListener(metrics ...func(http.ResponseWriter, *http.Request)) lifecycle.Part {
	inner := f.telemetry.AdminHandler(f.health.LiveHandler(), f.health.DetailHandler())
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			// Plain text in one form, so that what follows can be appended.
			r.Header.Del("Accept")
			r.Header.Del("Accept-Encoding")
		}
		inner.ServeHTTP(w, r)
		if r.URL.Path == "/metrics" && r.Method == http.MethodGet {
			for _, write := range metrics {
				write(w, r)
			}
		}
	})
	return lifecycle.HTTPServer("the admin listener", f.settings.AdminListen, router.NewServer(handler), nil, transport.Listener)
}

// errNoURL is for a router that does not know where a subgraph is.
var errNoURL = errors.New("setting subgraphs.urls: it must name every subgraph")

// remoteSubgraphs are the subgraphs where the settings say that they run.
func remoteSubgraphs(f *foundation) (map[string]upstream.Subgraph, error) {
	named := make(map[string]upstream.Subgraph)
	for _, remote := range f.settings.Subgraphs.URLs {
		named[remote.Name] = upstream.Subgraph{URL: remote.URL, Retries: 2}
	}
	for _, name := range schema.Subgraphs() {
		if _, ok := named[name]; !ok {
			return nil, fmt.Errorf("%w; %s is missing", errNoURL, name)
		}
	}
	return named, nil
}
