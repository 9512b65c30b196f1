package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"devportal.internal/internal/signin"
	"devportal.internal/internal/signin/session"
)

type pair struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Error   string `json:"error"`
	Code    string `json:"code"`
}

func (b *browser) tokens(form url.Values) pair {
	b.p.t.Helper()
	got := b.post("/auth/token", form)
	var p pair
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.header.Get("Cache-Control") != "no-store" {
		b.p.t.Fatalf("%v: %d %s", err, got.status, got.body)
	}
	return p
}

func TestTokensAndSignOut(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	p := newPlace(t, func(*place) []signin.Provider { return []signin.Provider{d.provider(t)} })
	b := p.browser()
	b.post("/auth/corp/password", login("jane", janesPW))
	first := b.tokens(url.Values{"grant_type": {"session"}})
	who, err := p.tokens.Verify(first.Access)
	if err != nil || who.Subject != "user:default/jane" {
		t.Fatalf("an access token of %+v, %v", who, err)
	}
	again := func(token string) pair {
		return p.browser().tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
	}
	second := again(first.Refresh)
	if same := again(first.Refresh); same.Refresh != second.Refresh {
		t.Errorf("a second refresh at once: %+v", same)
	}
	if nobody := p.browser().tokens(url.Values{"grant_type": {"session"}}); nobody.Error != "invalid_grant" {
		t.Errorf("without a cookie: %+v", nobody)
	}
	if other := b.tokens(url.Values{"grant_type": {"password"}}); other.Error != "unsupported_grant_type" {
		t.Errorf("another grant: %+v", other)
	}
	again(second.Refresh)
	if stolen := again(first.Refresh); stolen.Code != session.CodeRefreshReused || b.who().Subject != "" {
		t.Errorf("an old token: %+v, still %s", stolen, b.who().Subject)
	}
	b.post("/auth/corp/password", login("jane", janesPW))
	cookie := b.cookie()
	b.post("/auth/sign-out", nil)
	if _, err := p.sessions.Find(t.Context(), cookie); err == nil || b.cookie() != "" {
		t.Errorf("after signing out: %v, cookie %q", err, b.cookie())
	}
}

func TestAccountPage(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	p := newPlace(t, func(*place) []signin.Provider { return []signin.Provider{d.provider(t)} })
	here, there := p.browser(), p.browser()
	there.post("/auth/corp/password", login("jane", janesPW))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/auth/corp/password", strings.NewReader(login("jane", janesPW).Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "<script>x</script>")
	page := here.read(here.Do(request))
	if page.where.Path != "/auth/account" || strings.Count(page.body, "<li>") != 2 || strings.Count(page.body, "<strong>Here</strong>") != 1 {
		t.Errorf("the account page at %s does not show two sessions: %s", page.where, page.body)
	}
	if strings.Contains(page.body, "<script>") || !strings.Contains(page.body, "&lt;script&gt;") || strings.Contains(page.body, here.cookie()) {
		t.Errorf("the account page: %s", page.body)
	}
	here.post("/auth/sign-out", url.Values{"everywhere": {"yes"}})
	if there.who().Subject != "" || here.cookie() != "" {
		t.Errorf("signed out everywhere, but %s is there", there.who().Subject)
	}
	if e := p.log.last(); e.Action != "signOutEverywhere" || e.Actor != "user:default/jane" {
		t.Errorf("recorded %+v", e)
	}
}

func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	p := newPlace(t, func(*place) []signin.Provider { return []signin.Provider{d.provider(t)} })
	b := p.browser()
	b.post("/auth/corp/password", login("jane", janesPW))
	for name, headers := range map[string][2]string{"a site": {"Sec-Fetch-Site", "cross-site"}, "a sister": {"Sec-Fetch-Site", "same-site"}, "an origin": {"Origin", "https://evil.example"}, "no origin": {"Origin", "null"}} {
		for _, path := range []string{"/auth/sign-out", "/auth/token", "/auth/corp/password"} {
			body := strings.NewReader(url.Values{"grant_type": {"session"}, "login": {"jane"}, "password": {janesPW}}.Encode())
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, body)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			request.Header.Set(headers[0], headers[1])
			if got := b.read(b.Do(request)); got.status != http.StatusForbidden {
				t.Errorf("%s at %s: %d", name, path, got.status)
			}
		}
	}
	if b.who().Subject == "" {
		t.Error("another site signed somebody out")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	p := newPlace(t, func(*place) []signin.Provider { return []signin.Provider{d.provider(t)} })
	b := p.browser()
	got := b.open(`/auth/sign-in?return_to=/x"><script>alert(1)</script>`)
	if policy := got.header.Get("Content-Security-Policy"); strings.Contains(got.body, "<script") || !strings.Contains(policy, "default-src 'none'") || got.header.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the page: %v %s", got.header, got.body)
	}
	for _, wanted := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "/\tx", "javascript:alert(1)", "/%0d%0aX: y", "\\\\evil"} {
		stranger := p.browser()
		form := login("jane", janesPW)
		form.Set("return_to", wanted)
		if got := stranger.post("/auth/corp/password", form); !strings.HasPrefix(got.where.String(), p.url+"/") {
			t.Errorf("return_to %q leads to %s", wanted, got.where)
		}
	}
	response := b.read(b.PostForm(p.url+"/auth/corp/password", url.Values{"login": {strings.Repeat("x", 2<<20)}}))
	if response.status != http.StatusBadRequest {
		t.Errorf("a form of 2 MB: %d", response.status)
	}
	for _, path := range []string{"/auth/nobody/start", "/auth/corp/start", "/auth/corp/callback", "/auth/corp/metadata", "/auth/x"} {
		if got := b.open(path); got.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}
