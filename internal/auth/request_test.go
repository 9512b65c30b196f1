package auth_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

func newAuthenticator(t testing.TB) (*auth.Authenticator, *auth.Tokens) {
	t.Helper()
	tokens := auth.NewTokens(newKeys(t))
	development, err := auth.NewDevelopment("127.0.0.1:4000", auth.Principal{Subject: "user:default/dev", Roles: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	return auth.NewAuthenticator(auth.Options{Tokens: tokens, Development: development}), tokens
}

func request(headers map[string]string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://localhost:4000/graphql", nil)
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

func TestTheDevelopmentUserIsAdmittedOnlyFromThisMachine(t *testing.T) {
	t.Parallel()
	a, _ := newAuthenticator(t)
	for name, change := range map[string]func(*http.Request) *http.Request{
		"plain":                  func(r *http.Request) *http.Request { return r },
		"a loopback address":     func(r *http.Request) *http.Request { r.Host = "127.0.0.1:4000"; return r },
		"another of them":        func(r *http.Request) *http.Request { r.Host = "127.8.8.8"; return r },
		"IPv6":                   func(r *http.Request) *http.Request { r.Host = "[::1]:4000"; return r },
		"a page of this origin":  func(r *http.Request) *http.Request { r.Header.Set("Origin", "http://localhost:4000"); return r },
		"a fetch of this origin": func(r *http.Request) *http.Request { r.Header.Set("Sec-Fetch-Site", "same-origin"); return r },
		"arrived on loopback":    func(r *http.Request) *http.Request { return arriving(r, "127.0.0.1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := a.Authenticate(change(request(nil)), nil)
			if err != nil || p.Subject != "user:default/dev" {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
	for name, change := range map[string]func(*http.Request) *http.Request{
		"another host":             func(r *http.Request) *http.Request { r.Host = "portal.example.com"; return r },
		"DNS rebinding":            func(r *http.Request) *http.Request { r.Host = "evil.example:4000"; return r },
		"a name like localhost":    func(r *http.Request) *http.Request { r.Host = "localhost.evil.example"; return r },
		"an address as a name":     func(r *http.Request) *http.Request { r.Host = "127.0.0.1.nip.io"; return r },
		"no host":                  func(r *http.Request) *http.Request { r.Host = ""; return r },
		"a private address":        func(r *http.Request) *http.Request { r.Host = "10.0.0.1"; return r },
		"the unspecified address":  func(r *http.Request) *http.Request { r.Host = "0.0.0.0:4000"; return r },
		"Forwarded":                func(r *http.Request) *http.Request { r.Header.Set("Forwarded", "for=1.2.3.4"); return r },
		"an empty X-Forwarded-For": func(r *http.Request) *http.Request { r.Header.Set("X-Forwarded-For", ""); return r },
		"X-Forwarded-Anything":     func(r *http.Request) *http.Request { r.Header.Set("X-Forwarded-Anything", "x"); return r },
		"X_Forwarded_For":          func(r *http.Request) *http.Request { r.Header["X_forwarded_for"] = []string{"x"}; return r },
		"another origin":           func(r *http.Request) *http.Request { r.Header.Set("Origin", "https://evil.example"); return r },
		"the null origin":          func(r *http.Request) *http.Request { r.Header.Set("Origin", "null"); return r },
		"an empty origin":          func(r *http.Request) *http.Request { r.Header.Set("Origin", ""); return r },
		"another port":             func(r *http.Request) *http.Request { r.Header.Set("Origin", "http://localhost:3000"); return r },
		"another scheme":           func(r *http.Request) *http.Request { r.Header.Set("Origin", "https://localhost:4000"); return r },
		"plain http to TLS": func(r *http.Request) *http.Request {
			r.TLS = &tls.ConnectionState{}
			r.Header.Set("Origin", "http://localhost:4000")
			return r
		},
		"two origins": func(r *http.Request) *http.Request {
			r.Header["Origin"] = []string{"http://localhost:4000", "http://e"}
			return r
		},
		"cross-site":                 func(r *http.Request) *http.Request { r.Header.Set("Sec-Fetch-Site", "cross-site"); return r },
		"same-site":                  func(r *http.Request) *http.Request { r.Header.Set("Sec-Fetch-Site", "same-site"); return r },
		"arrived on another address": func(r *http.Request) *http.Request { return arriving(r, "192.0.2.7") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, init := range []json.RawMessage{nil, []byte(`{}`), []byte(`{"authorization": null}`)} {
				p, err := a.Authenticate(change(request(nil)), init)
				if fault.Code(err) != auth.CodeUnauthenticated || !p.IsZero() {
					t.Errorf("%s: got %+v, %v", init, p, err)
				}
			}
		})
	}
}

func arriving(r *http.Request, address string) *http.Request {
	local := &net.TCPAddr{IP: net.ParseIP(address), Port: 4000}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local))
}

func TestTheDevelopmentUserNeedsALoopbackListener(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"0.0.0.0:4000", ":4000", "[::]:4000", "192.168.1.1:4000", "portal:4000", "nonsense"} {
		if _, err := auth.NewDevelopment(listen, auth.Principal{Subject: "user:default/dev"}); err == nil {
			t.Errorf("%s was accepted", listen)
		}
	}
}

func TestAnInvalidCredentialIsAnErrorAndNeverTheDevelopmentUser(t *testing.T) {
	t.Parallel()
	a, tokens := newAuthenticator(t)
	good := "Bearer " + issue(t, tokens, time.Hour)
	other := "Bearer " + issue(t, tokens, time.Hour)
	for name, test := range map[string]struct{ header, payload string }{
		"empty header":          {header: "-"},
		"basic":                 {header: "Basic dXNlcjpwYXNz"},
		"no token":              {header: "Bearer "},
		"nonsense":              {header: "Bearer x.y.z"},
		"empty in the payload":  {payload: `{"authorization": ""}`},
		"number in the payload": {payload: `{"Authorization": 7}`},
		"object in the payload": {payload: `{"Authorization": {"a": 1}}`},
		"twice in the payload":  {payload: `{"Authorization": "` + good + `", "authorization": "` + good + `"}`},
		"nonsense in headers":   {payload: `{"headers": {"authorization": "Bearer x"}}`},
		"two different ones":    {header: good, payload: `{"authorization": "` + other + `"}`},
		"payload is no object":  {payload: `[1]`},
		"payload is no JSON":    {payload: `{`},
		"payload is too large":  {payload: `{"a": "` + strings.Repeat("x", 70_000) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(nil)
			if test.header != "" {
				r.Header.Set("Authorization", strings.TrimPrefix(test.header, "-"))
			}
			p, err := a.Authenticate(r, []byte(test.payload))
			if fault.Code(err) != auth.CodeTokenInvalid || !p.IsZero() {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

func TestACredentialIsFoundWhereClientsPutIt(t *testing.T) {
	t.Parallel()
	a, tokens := newAuthenticator(t)
	good := "Bearer " + issue(t, tokens, time.Hour)
	for name, test := range map[string]struct{ header, payload string }{
		"header":              {header: good},
		"lower-case scheme":   {header: "bearer" + strings.TrimPrefix(good, "Bearer")},
		"payload":             {payload: `{"Authorization": "` + good + `"}`},
		"headers in payload":  {payload: `{"headers": {"authorization": "` + good + `"}}`},
		"both, the same":      {header: good, payload: `{"authorization": "` + good + `"}`},
		"header, and payload": {header: good, payload: `{"other": 1}`},
		"header, null":        {header: good, payload: `null`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(map[string]string{"Origin": "https://frontend.example"})
			if test.header != "" {
				r.Header.Set("Authorization", test.header)
			}
			p, err := a.Authenticate(r, []byte(test.payload))
			if err != nil || p.Subject != alice().Subject {
				t.Errorf("got %+v, %v", p, err)
			}
		})
	}
}

// groups is a membership that is a table.
type groups map[string][]string

func (g groups) GroupsOf(_ context.Context, subject string) ([]string, error) {
	if subject == "user:default/broken" {
		return nil, fault.Unavailable("test", errors.New("database is away"))
	}
	return g[subject], nil
}

func TestGroupsOfTheCatalogAreAdded(t *testing.T) {
	t.Parallel()
	tokens := auth.NewTokens(newKeys(t))
	a := auth.NewAuthenticator(auth.Options{Tokens: tokens, Membership: groups{"user:default/alice": {"group:default/z"}}})
	p, err := a.Authenticate(request(map[string]string{"Authorization": "Bearer " + issue(t, tokens, time.Hour)}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"group:default/a", "group:default/b", "group:default/z"}, p.Groups); diff != "" {
		t.Error(diff)
	}
	broken, err := tokens.Issue(auth.Principal{Subject: "user:default/broken"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(request(map[string]string{"Authorization": "Bearer " + broken}), nil); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("got %v", err)
	}
}

func TestMinter(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	now := time.Unix(1_800_000_000, 0)
	clock := func() time.Time { return now }
	minter := auth.NewMinterAt(keys, time.Minute, clock)
	sign := func(p auth.Principal, subgraph string) (string, string) {
		token, identity, err := minter.Sign(auth.NewContext(t.Context(), p), subgraph)
		if err != nil {
			t.Fatal(err)
		}
		return token, identity
	}
	first, identity := sign(alice(), "catalog")
	t.Run("a token is reused for half its life, and its identity stays", func(t *testing.T) {
		now = now.Add(29 * time.Second)
		again, same := sign(alice(), "catalog")
		now = now.Add(2 * time.Second)
		fresh, still := sign(alice(), "catalog")
		if again != first || fresh == first || same != identity || still != identity {
			t.Error("it was not")
		}
	})
	t.Run("it is for one subgraph", func(t *testing.T) {
		token, _ := sign(alice(), "catalog")
		for subgraph, admitted := range map[string]bool{"catalog": true, "cost": false} {
			r := request(map[string]string{"Authorization": token})
			_, err := auth.NewVerifierAt(keys, subgraph, clock).Verify(r)
			if (err == nil) != admitted {
				t.Errorf("%s: %v", subgraph, err)
			}
		}
	})
	t.Run("other rights are another identity", func(t *testing.T) {
		p := alice()
		p.Roles = nil
		if _, other := sign(auth.NewPrincipal(p), "catalog"); other == identity {
			t.Error("they share one")
		}
	})
	t.Run("it ends no later than the credential", func(t *testing.T) {
		p := alice()
		p.Expiry = now.Add(10 * time.Second)
		token, same := sign(p, "catalog")
		if same != identity {
			t.Error("the expiry is part of the identity")
		}
		late := auth.NewVerifierAt(keys, "catalog", func() time.Time { return now.Add(11 * time.Second) })
		if _, err := late.Verify(request(map[string]string{"Authorization": token})); fault.Code(err) != auth.CodeTokenExpired {
			t.Errorf("got %v", err)
		}
		p.Expiry = now
		if _, _, err := minter.Sign(auth.NewContext(t.Context(), p), "catalog"); fault.Code(err) != auth.CodeTokenExpired {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nobody gets none", func(t *testing.T) {
		if _, _, err := minter.Sign(t.Context(), "catalog"); fault.Code(err) != auth.CodeUnauthenticated {
			t.Errorf("got %v", err)
		}
	})
}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	minter := auth.NewMinter(keys, 0)
	inside := auth.NewVerifier(keys, "catalog").Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := auth.Require(r.Context())
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, p.Subject)
	}))
	token, _, err := minter.Sign(auth.NewContext(t.Context(), alice()), "catalog")
	if err != nil {
		t.Fatal(err)
	}
	client := "Bearer " + issue(t, auth.NewTokens(keys), time.Hour)
	for name, test := range map[string]struct {
		headers map[string]string
		status  int
		body    string
	}{
		"the router":       {map[string]string{"Authorization": token}, 200, "user:default/alice"},
		"identity headers": {map[string]string{"Authorization": token, "X-User": "user:default/root", "X-Forwarded-User": "root"}, 200, "user:default/alice"},
		"nobody":           {nil, 401, `{"errors":[{"extensions":{"code":"UNAUTHENTICATED"},"message":"only the router may ask here"}]}`},
		"only a header":    {map[string]string{"X-Forwarded-User": "user:default/root"}, 401, `{"errors":[{"extensions":{"code":"UNAUTHENTICATED"},"message":"only the router may ask here"}]}`},
		"a client token":   {map[string]string{"Authorization": client}, 401, `{"errors":[{"extensions":{"code":"TOKEN_INVALID"},"message":"the token is not valid"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			inside.ServeHTTP(w, request(test.headers))
			if w.Code != test.status || w.Body.String() != test.body {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
}

func BenchmarkVerifyAgain(b *testing.B) {
	tokens := auth.NewTokens(newKeys(b))
	token := issue(b, tokens, time.Hour)
	for b.Loop() {
		if _, err := tokens.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignAgain(b *testing.B) {
	minter := auth.NewMinter(newKeys(b), time.Hour)
	ctx := auth.NewContext(b.Context(), alice())
	for b.Loop() {
		if _, _, err := minter.Sign(ctx, "catalog"); err != nil {
			b.Fatal(err)
		}
	}
}
