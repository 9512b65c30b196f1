package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/oauth2-proxy/mockoidc"
)

// userAgent keeps cookies and follows redirects, as a browser does, and remembers which cookies it was told to keep.
type userAgent struct {
	*http.Client
	t testing.TB
	o *organisation

	mu  sync.Mutex
	set []*http.Cookie
}

func (o *organisation) userAgent(t testing.TB) *userAgent {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	u := &userAgent{t: t, o: o}
	u.Client = &http.Client{Jar: jar, Timeout: answerTimeout, Transport: u}
	return u
}

// RoundTrip implements [http.RoundTripper].
func (u *userAgent) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := u.o.transport.RoundTrip(r)
	if err == nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.set = append(u.set, response.Cookies()...)
	}
	return response, err
}

// shown is what a browser shows in the end.
type shown struct {
	exchange
	where *url.URL
}

func (u *userAgent) do(method, path string, headers map[string]string, body string) shown {
	u.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = u.o.url + path
	}
	request, err := http.NewRequestWithContext(u.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		u.t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := u.Do(request)
	if err != nil {
		u.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		u.t.Fatal(err)
	}
	return shown{exchange{response.StatusCode, response.Header, string(text)}, response.Request.URL}
}

func (u *userAgent) open(path string) shown {
	u.t.Helper()
	return u.do(http.MethodGet, path, nil, "")
}

// post sends a form, as a page of the portal does.
func (u *userAgent) post(path string, form url.Values) shown {
	u.t.Helper()
	return u.do(http.MethodPost, path, map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": u.o.url}, form.Encode())
}

// ask sends an operation as a page of the portal does.
func (u *userAgent) ask(document string, headers ...string) exchange {
	u.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		u.t.Fatal(err)
	}
	return u.do(http.MethodPost, "/graphql", with(map[string]string{"Content-Type": jsonType, "Origin": u.o.url}, headers...), string(body)).exchange
}

// stopBefore stops before the browser goes to a place whose path ends so, and gives its URL.
func (u *userAgent) stopBefore(path, end string) string {
	u.t.Helper()
	var last string
	u.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if last = r.URL.String(); strings.HasSuffix(r.URL.Path, end) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { u.CheckRedirect = nil }()
	u.open(path)
	return last
}

// signIn signs somebody in and gives the page they land on.
func (u *userAgent) signIn(user *mockoidc.MockUser, path string) shown {
	u.t.Helper()
	u.o.provider.QueueUser(user)
	return u.open(path)
}

// session is the latest session cookie that was set, or nil.
func (u *userAgent) session() *http.Cookie {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := len(u.set) - 1; i >= 0; i-- {
		if strings.HasSuffix(u.set[i].Name, "portal-session") {
			return u.set[i]
		}
	}
	return nil
}

// viewerAnswer is who is signed in, by the graph's account.
type viewerAnswer struct {
	Viewer struct {
		Ref      string
		Roles    []string
		User     *struct{ Ref string }
		Sessions []struct {
			ID, Provider string
			Current      bool
		}
	}
}

const whoAmI = `{ viewer { ref roles user { ref } sessions { id provider current } } }`

// viewer asks who is signed in; somebody must be.
func (u *userAgent) viewer() viewerAnswer {
	u.t.Helper()
	got := u.ask(whoAmI)
	var a answer
	var v viewerAnswer
	if err := json.Unmarshal([]byte(got.body), &a); err != nil || got.status != http.StatusOK || len(a.Errors) > 0 {
		u.t.Fatalf("who is signed in: %d %s", got.status, got.body)
	}
	if err := json.Unmarshal(a.Data, &v); err != nil {
		u.t.Fatal(err)
	}
	return v
}

// mustBeNobody fails when somebody is signed in.
func (u *userAgent) mustBeNobody(what string) {
	u.t.Helper()
	if got := u.ask(whoAmI); got.status != http.StatusUnauthorized || strings.Contains(got.body, secretOfTheUser) {
		u.t.Errorf("%s: somebody is signed in: %d %s", what, got.status, got.body)
	}
}
