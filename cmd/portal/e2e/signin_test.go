package e2e_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/oauth2-proxy/mockoidc"
)

//nolint:gochecknoglobals // the people who sign in; nothing changes them
var (
	mei     = &mockoidc.MockUser{Subject: "mei", Email: "mei.tanaka@harbour-pine.example", EmailVerified: true, PreferredUsername: "mei"}
	vera    = &mockoidc.MockUser{Subject: "vera", Email: "vera.kowal@harbour-pine.example", EmailVerified: true, Groups: []string{"operators"}}
	unknown = &mockoidc.MockUser{Subject: "eve", Email: "eve@elsewhere.example", EmailVerified: true}
)

// TestSignIn signs people in with an OpenID Connect provider, from the page of the portal to the graph and out again.
func TestSignIn(t *testing.T) {
	t.Parallel()
	places := map[string]func(*testing.T) *organisation{
		"in one process": organisationInOneProcess, "in parts behind a proxy that ends TLS": organisationInParts,
	}
	for name, run := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := run(t)
			t.Run("from the page into the graph, and out", func(t *testing.T) { testSignInAndOut(t, o) })
			t.Run("roles follow from the provider's groups", func(t *testing.T) { testMappedRole(t, o) })
			t.Run("somebody who is not in the catalog", func(t *testing.T) { testUnknownUser(t, o) })
			t.Run("access tokens and the tokens that renew them", func(t *testing.T) { testRefresh(t, o) })
			t.Run("two renewals at once", func(t *testing.T) { testConcurrentRefresh(t, o) })
			t.Run("the way back is a page of the portal", func(t *testing.T) { testReturnTo(t, o) })
			t.Run("answers of the provider count once, for who asked", func(t *testing.T) { testReplays(t, o) })
			t.Run("in Chromium", func(t *testing.T) { testChromium(t, o) })
			if o.database != "" {
				t.Run("somebody is forgotten", func(t *testing.T) { testErasure(t, o) })
			}
			if strings.Contains(o.logged(), o.provider.ClientSecret) {
				t.Error("the client's secret is in the log")
			}
		})
	}
}

func testSignInAndOut(t *testing.T, o *organisation) {
	u := o.userAgent(t)
	u.mustBeNobody("before")
	if page := u.open("/auth/sign-in"); page.status != http.StatusOK || !strings.Contains(page.body, `href="/auth/corp/start?`) {
		t.Fatalf("the sign-in page: %d %s", page.status, page.body)
	}
	landed := u.signIn(mei, "/auth/corp/start?return_to=/auth/account")
	if landed.status != http.StatusOK || landed.where.Path != "/auth/account" || !strings.Contains(landed.body, "user:default/mei.tanaka") {
		t.Fatalf("landed at %s: %d %s", landed.where, landed.status, landed.body)
	}
	v := u.viewer().Viewer
	if v.Ref != "user:default/mei.tanaka" || v.User == nil || !slices.Contains(v.Roles, "role:default/developer") || slices.Contains(v.Roles, "role:default/admin") {
		t.Errorf("viewer %+v", v)
	}
	if len(v.Sessions) == 0 || v.Sessions[0].Provider != "corp" || !v.Sessions[0].Current {
		t.Errorf("sessions %+v", v.Sessions)
	}
	o.checkCookie(t, u.session())

	kept := u.session()
	if out := u.post("/auth/sign-out", nil); out.status != http.StatusOK || u.session().MaxAge >= 0 {
		t.Errorf("signing out: %d %s, the cookie is %s", out.status, out.body, u.session())
	}
	u.mustBeNobody("after signing out")
	thief := o.userAgent(t)
	if got := thief.ask(whoAmI, "Cookie", kept.Name+"="+kept.Value); got.status != http.StatusUnauthorized {
		t.Errorf("the cookie of a session that ended: %d %s", got.status, got.body)
	}
	if strings.Contains(o.logged(), kept.Value) {
		t.Error("the cookie is in the log")
	}
}

// checkCookie checks that no script, no other site and, over TLS, nobody on the way has a session cookie.
func (o *organisation) checkCookie(t *testing.T, c *http.Cookie) {
	t.Helper()
	secure := strings.HasPrefix(o.url, "https:")
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != secure ||
		strings.HasPrefix(c.Name, "__Host-") != secure || c.MaxAge <= 0 || c.MaxAge > 24*60*60 {
		t.Errorf("the cookie is %s", c)
	}
}

func testMappedRole(t *testing.T, o *organisation) {
	u := o.userAgent(t)
	u.signIn(vera, "/auth/corp/start")
	if v := u.viewer().Viewer; v.Ref != "user:default/vera.kowal" || !slices.Contains(v.Roles, "role:default/admin") {
		t.Errorf("viewer %+v", v)
	}
}

func testUnknownUser(t *testing.T, o *organisation) {
	u := o.userAgent(t)
	landed := u.signIn(unknown, "/auth/corp/start")
	if o.known {
		if landed.status != http.StatusUnauthorized || u.session() != nil {
			t.Errorf("landed at %s: %d %s", landed.where, landed.status, landed.body)
		}
		u.mustBeNobody("somebody unknown")
		return
	}
	if v := u.viewer().Viewer; v.User != nil || !slices.Equal(v.Roles, []string{"role:default/viewer"}) {
		t.Errorf("viewer %+v", v)
	}
}

type tokenPair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Expires int    `json:"expires_in"`
	Error   string `json:"error"`
	Code    string `json:"code"`
}

func (u *userAgent) tokens(form url.Values) tokenPair {
	u.t.Helper()
	got := u.post("/auth/token", form)
	var p tokenPair
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.header.Get("Cache-Control") != "no-store" {
		u.t.Fatalf("%v: %d %s", err, got.status, got.body)
	}
	return p
}

func (u *userAgent) refresh(token string) tokenPair {
	u.t.Helper()
	return u.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// testRefresh renews a pair of tokens until an old one comes back: then the whole family and its session end.
func testRefresh(t *testing.T, o *organisation) {
	u := o.userAgent(t)
	u.signIn(mei, "/auth/corp/start")
	first := u.tokens(url.Values{"grant_type": {"session"}})
	tool := o.userAgent(t)
	asks := func(token string) exchange { return tool.ask(whoAmI, "Authorization", "Bearer "+token) }
	if got := asks(first.Access); got.status != http.StatusOK || !strings.Contains(got.body, "user:default/mei.tanaka") {
		t.Fatalf("an access token: %d %s", got.status, got.body)
	}
	o.verifyByJWKS(t, first.Access)
	second := tool.refresh(first.Refresh)
	third := tool.refresh(second.Refresh)
	if second.Refresh == first.Refresh || third.Refresh == second.Refresh || third.Expires <= 0 || asks(third.Access).status != http.StatusOK {
		t.Fatalf("renewed %+v, %+v", second, third)
	}
	if stolen := tool.refresh(first.Refresh); stolen.Code != "REFRESH_TOKEN_REUSED" || stolen.Access != "" {
		t.Errorf("an old token gives %+v", stolen)
	}
	if last := tool.refresh(third.Refresh); last.Error != "invalid_grant" || last.Access != "" {
		t.Errorf("after that the latest gives %+v", last)
	}
	if got := asks(third.Access); got.status != http.StatusUnauthorized {
		t.Errorf("after that the access token: %d %s", got.status, got.body)
	}
	u.mustBeNobody("after an old token came back")
	for _, token := range []string{first.Access, first.Refresh, third.Refresh} {
		if strings.Contains(o.logged(), token) {
			t.Error("a token is in the log")
		}
	}
}

// verifyByJWKS verifies a token with nothing but what the portal publishes.
func (o *organisation) verifyByJWKS(t *testing.T, token string) {
	t.Helper()
	ctx := oidc.ClientContext(t.Context(), &http.Client{Transport: o.transport})
	claims, err := oidc.NewRemoteKeySet(ctx, o.url+"/.well-known/jwks.json").VerifySignature(ctx, token)
	if err != nil || !strings.Contains(string(claims), `"user:default/mei.tanaka"`) {
		t.Errorf("by the published keys it says %s, %v", claims, err)
	}
	if published := o.userAgent(t).open("/.well-known/jwks.json"); strings.Contains(published.body, `"d"`) {
		t.Error("a private key is published")
	}
}

func testConcurrentRefresh(t *testing.T, o *organisation) {
	u := o.userAgent(t)
	u.signIn(mei, "/auth/corp/start")
	pair := u.tokens(url.Values{"grant_type": {"session"}})
	var both [2]tokenPair
	var wait sync.WaitGroup
	for i := range both {
		wait.Go(func() { both[i] = u.refresh(pair.Refresh) })
	}
	wait.Wait()
	if both[0].Refresh == "" || both[0].Refresh != both[1].Refresh {
		t.Fatalf("renewed %+v", both)
	}
	if next := u.refresh(both[0].Refresh); next.Access == "" {
		t.Errorf("then %+v", next)
	}
	u.viewer()
}

// testReturnTo asks to be sent to other sites after signing in.
func testReturnTo(t *testing.T, o *organisation) {
	wanted := []string{
		"https://evil.example/", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/%2f/evil.example", "/\t/evil.example",
		"javascript:alert(1)", "http:evil.example", "/../\\evil.example", "https:" + o.host(t) + "@evil.example", "/\r\nLocation: https://evil.example",
	}
	for _, to := range wanted {
		u := o.userAgent(t)
		landed := u.signIn(mei, "/auth/corp/start?return_to="+url.QueryEscape(to))
		if landed.where.Host != o.host(t) || landed.where.User != nil || strings.HasPrefix(landed.where.Path, "//") {
			t.Errorf("%q leads to %s", to, landed.where)
		}
	}
	u := o.userAgent(t)
	if landed := u.signIn(mei, "/auth/corp/start?return_to="+url.QueryEscape("/healthz?a=b")); landed.where.RequestURI() != "/healthz?a=b" {
		t.Errorf("a page of the portal leads to %s", landed.where)
	}
}

// testReplays sends answers of the provider again, to others, and to sign-ins that they are not of.
func testReplays(t *testing.T, o *organisation) {
	o.provider.QueueUser(vera)
	attacker, victim := o.userAgent(t), o.userAgent(t)
	planted := attacker.stopBefore("/auth/corp/start", "/callback")
	refused := func(what string, got shown) {
		t.Helper()
		if got.status != http.StatusUnauthorized || strings.Contains(got.body, "vera") {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
		victim.mustBeNobody(what)
	}
	refused("an answer to somebody else", victim.open(planted))
	victim.stopBefore("/auth/corp/start", "/authorize")
	refused("an answer to somebody else, in the midst of a sign-in", victim.open(planted))

	// The code of one sign-in with the state of another: the verifier and the nonce are of the other.
	o.provider.QueueUser(mei)
	own, err := url.Parse(victim.stopBefore("/auth/corp/start", "/callback"))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := url.Parse(planted)
	if err != nil {
		t.Fatal(err)
	}
	query := own.Query()
	query.Set("code", theirs.Query().Get("code"))
	own.RawQuery = query.Encode()
	refused("a code of another sign-in", victim.open(own.String()))

	o.provider.QueueUser(mei)
	again := victim.stopBefore("/auth/corp/start", "/callback")
	victim.open(again)
	victim.viewer()
	other := o.userAgent(t)
	other.Jar = victim.Jar
	if got := other.open(again); got.status != http.StatusUnauthorized || other.session() != nil {
		t.Errorf("an answer for the second time: %d %s", got.status, got.body)
	}
}
