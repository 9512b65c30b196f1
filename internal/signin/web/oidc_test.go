package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/signin"
	"devportal.internal/internal/signin/github"
	"devportal.internal/internal/signin/oidc"
)

// withOIDC is a portal with an OpenID Connect provider.
func withOIDC(t *testing.T, change func(*oidc.Settings)) (*place, *mockoidc.MockOIDC) {
	t.Helper()
	provider, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Shutdown() })
	return newPlace(t, func(p *place) []signin.Provider {
		settings := oidc.Settings{
			Name: "corp", Title: "Sign in with Corp", Issuer: provider.Issuer(), ClientID: provider.ClientID, ClientSecret: provider.ClientSecret,
			RedirectURL: p.url + "/auth/corp/callback", Scopes: []string{"profile", "email", "groups"}, LoginClaim: "preferred_username",
			GroupsClaim: "groups", Match: []string{"email"},
		}
		if change != nil {
			change(&settings)
		}
		return []signin.Provider{oidc.New(settings)}
	}), provider
}

func TestOpenIDConnect(t *testing.T) {
	t.Parallel()
	jane := &mockoidc.MockUser{Subject: "1", Email: "jane@example.com", EmailVerified: true, PreferredUsername: "jane", Groups: []string{"admins"}}
	t.Run("somebody of the catalog is signed in with the roles that follow", func(t *testing.T) {
		t.Parallel()
		p, provider := withOIDC(t, nil)
		provider.QueueUser(jane)
		b := p.browser()
		if got := b.open("/auth/corp/start?return_to=/auth/sign-in%3Fx"); got.status != http.StatusOK || got.where.Path != "/auth/sign-in" {
			t.Fatalf("ended at %s with %d: %s", got.where, got.status, got.body)
		}
		who := b.who()
		if who.Subject != "user:default/jane" || strings.Join(who.Roles, " ") != "role:default/admin role:default/developer role:default/viewer" {
			t.Errorf("signed in as %s with %v", who.Subject, who.Roles)
		}
		if e := p.log.last(); e.Kind != audit.SignIn || e.Outcome != audit.Done || e.Actor != "user:default/jane" || e.Address != "127.0.0.1" {
			t.Errorf("recorded %+v", e)
		}
		if strings.Contains(p.log.logged(), b.cookie()) {
			t.Error("the log holds the cookie")
		}
	})
	refused := map[string]struct {
		user   *mockoidc.MockUser
		change func(*oidc.Settings)
		code   string
	}{
		"an address that is not verified": {&mockoidc.MockUser{Subject: "2", Email: "jane@example.com"}, nil, signin.CodeUnknownUser},
		"somebody unknown":                {&mockoidc.MockUser{Subject: "3", Email: "eve@example.com", EmailVerified: true}, nil, signin.CodeUnknownUser},
		"an address of two users":         {&mockoidc.MockUser{Subject: "4", Email: "shared@example.com", EmailVerified: true}, nil, signin.CodeUnknownUser},
		"an account of no Google domain":  {jane, func(s *oidc.Settings) { s.HostedDomains = []string{"example.com"} }, signin.CodeRefused},
		"a client secret that is wrong":   {jane, func(s *oidc.Settings) { s.ClientSecret = "x" }, signin.CodeRefused},
	}
	for name, tt := range refused {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			p, provider := withOIDC(t, tt.change)
			provider.QueueUser(tt.user)
			b := p.browser()
			b.mustBeRefused(name, b.open("/auth/corp/start"), tt.code)
		})
	}
	t.Run("an answer is for the browser that asked, once", func(t *testing.T) {
		t.Parallel()
		p, provider := withOIDC(t, nil)
		provider.QueueUser(jane)
		attacker := p.browser()
		var last *url.URL
		attacker.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if last = r.URL; strings.HasSuffix(r.URL.Path, "/callback") {
				return http.ErrUseLastResponse
			}
			return nil
		}
		attacker.open("/auth/corp/start")
		planted := last.String()
		victim := p.browser()
		victim.mustBeRefused("a planted answer", victim.open(planted), signin.CodeAttempt)
		victim.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		victim.open("/auth/corp/start")
		victim.mustBeRefused("a planted answer, with an attempt of one's own", victim.open(planted), signin.CodeAttempt)
		attacker.open(planted)
		if attacker.who().Subject == "" {
			t.Fatal("the browser that asked is refused")
		}
		again := attacker.open(planted)
		if again.status != http.StatusUnauthorized {
			t.Errorf("the same answer again: %d", again.status)
		}
	})
	t.Run("a nonce of another sign-in is refused", func(t *testing.T) {
		t.Parallel()
		p, provider := withOIDC(t, nil)
		provider.QueueUser(jane)
		b := p.browser()
		b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			query := r.URL.Query()
			if query.Get("nonce") != "" {
				query.Set("nonce", "planted")
				r.URL.RawQuery = query.Encode()
			}
			return nil
		}
		b.mustBeRefused("a nonce", b.open("/auth/corp/start"), signin.CodeRefused)
	})
}

// fakeGitHub answers as GitHub does, for one person.
func fakeGitHub(t *testing.T, organizations ...string) *httptest.Server {
	t.Helper()
	var challenge string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		challenge = query.Get("code_challenge")
		http.Redirect(w, r, query.Get("redirect_uri")+"?code=c0de&state="+url.QueryEscape(query.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("code") != "c0de" || r.PostFormValue("code_verifier") == "" || challenge == "" {
			fmt.Fprint(w, `{"error":"bad_verification_code"}`)
			return
		}
		fmt.Fprint(w, `{"access_token":"gho_x","token_type":"bearer","scope":"read:org"}`)
	})
	api := func(path string, body any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer gho_x" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			_ = json.NewEncoder(w).Encode(body)
		})
	}
	api("/user", map[string]any{"id": 7, "login": "jane-gh"})
	api("/user/emails", []map[string]any{{"email": "jane@example.com", "primary": true, "verified": true}})
	memberships := []map[string]any{}
	for _, name := range organizations {
		memberships = append(memberships, map[string]any{"organization": map[string]any{"login": name}})
	}
	api("/user/memberships/orgs", memberships)
	api("/user/teams", []map[string]any{{"slug": "platform", "organization": map[string]any{"login": "acme"}}})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	with := func(t *testing.T, organizations ...string) *browser {
		t.Helper()
		server := fakeGitHub(t, organizations...)
		p := newPlace(t, func(p *place) []signin.Provider {
			return []signin.Provider{github.New(github.Settings{
				Name: "github", URL: server.URL, APIURL: server.URL, ClientID: "id", ClientSecret: "secret",
				RedirectURL: p.url + "/auth/github/callback", Organizations: []string{"acme"}, Match: []string{"annotation:github.com/user-login"},
			})}
		})
		return p.browser()
	}
	member := with(t, "Acme")
	member.open("/auth/github/start")
	if who := member.who(); who.Subject != "user:default/jane" || strings.Join(who.Groups, " ") != "group:default/gh" {
		t.Errorf("signed in as %s in %v", who.Subject, who.Groups)
	}
	stranger := with(t, "evil")
	stranger.mustBeRefused("a member of another organisation", stranger.open("/auth/github/start"), signin.CodeRefused)
}
