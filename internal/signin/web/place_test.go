package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/redis"
	"devportal.internal/internal/signin"
	"devportal.internal/internal/signin/seal"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/signin/throttle"
	"devportal.internal/internal/signin/web"
)

const cookieName = "portal-session"

// place is a portal of which only sign-in exists.
type place struct {
	t        *testing.T
	url      string
	sessions *session.Sessions
	tokens   *auth.Tokens
	replays  *throttle.Replays
	log      *recorder
	mu       sync.Mutex
	handler  http.Handler
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	handler := p.handler
	p.mu.Unlock()
	handler.ServeHTTP(w, r)
}

// recorder is an audit log in memory, which also takes what is logged.
type recorder struct {
	mu     sync.Mutex
	events []audit.Event
	text   strings.Builder
}

func (r *recorder) Record(_ context.Context, e audit.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

func (r *recorder) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(text)
}

func (r *recorder) last() audit.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.events) == 0 {
		return audit.Event{}
	}
	return r.events[len(r.events)-1]
}

func (r *recorder) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func (*recorder) Remember(context.Context, signin.Identity, auth.Principal, time.Time) error {
	return nil
}

// directory is a catalog with two users.
type directory struct{}

func (directory) UsersByAnnotation(_ context.Context, key, value string) ([]string, error) {
	if key == "github.com/user-login" && value == "jane-gh" {
		return []string{"user:default/jane"}, nil
	}
	return nil, nil
}

func (directory) UsersByEmail(_ context.Context, email string) ([]string, error) {
	switch strings.ToLower(email) {
	case "jane@example.com":
		return []string{"user:default/jane"}, nil
	case "shared@example.com":
		return []string{"user:default/jane", "user:default/joe"}, nil
	default:
		return nil, nil
	}
}

func (directory) UsersByName(_ context.Context, name string) ([]string, error) {
	if name == "jane" {
		return []string{"user:default/jane"}, nil
	}
	return nil, nil
}

func (directory) GroupsOf(context.Context, string) ([]string, error) {
	return []string{"group:default/platform"}, nil
}

func (directory) Exists(context.Context, string) (bool, error) { return false, nil }

// newPlace starts the portal; providers are made when its URL is known.
func newPlace(t *testing.T, providers func(*place) []signin.Provider) *place {
	t.Helper()
	handle, err := redis.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handle.Close() })
	s, err := seal.Parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		t.Fatal(err)
	}
	ring, err := auth.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, log: &recorder{}, tokens: auth.NewTokens(ring), replays: throttle.NewReplays(handle.Client)}
	p.sessions = session.New(handle.Client, s, p.tokens, session.Settings{})
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	p.url = server.URL
	handler, err := web.New(web.Options{
		Providers: providers(p), Sessions: p.sessions, Seal: s, Throttle: throttle.New(handle.Client), Identities: p.log, Audit: p.log,
		Resolver: &signin.Resolver{Directory: directory{}, DefaultRole: "viewer", Mappings: []signin.Mapping{
			{Provider: "corp", Group: "admins", Role: "admin"},
			{Provider: "github", Group: "acme/platform", CatalogGroup: "group:default/gh"},
			{MemberOf: "group:default/platform", Role: "developer"},
		}},
		Logger: slog.New(slog.NewTextHandler(p.log, nil)), Cookie: cookieName,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.handler = handler
	p.mu.Unlock()
	return p
}

// browser is a browser: it keeps cookies and follows redirects.
type browser struct {
	*http.Client
	p *place
}

func (p *place) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return &browser{&http.Client{Jar: jar, Timeout: 30 * time.Second}, p}
}

// answer is what a browser shows in the end.
type answer struct {
	status int
	where  *url.URL
	header http.Header
	body   string
}

func (b *browser) read(response *http.Response, err error) answer {
	b.p.t.Helper()
	if err != nil {
		b.p.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.p.t.Fatal(err)
	}
	return answer{response.StatusCode, response.Request.URL, response.Header, string(body)}
}

func (b *browser) open(path string) answer {
	b.p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.p.url + path
	}
	return b.read(b.Get(path))
}

func (b *browser) post(path string, form url.Values) answer {
	b.p.t.Helper()
	return b.read(b.PostForm(b.p.url+path, form))
}

// cookie is the session cookie, or "".
func (b *browser) cookie() string {
	b.p.t.Helper()
	where, err := url.Parse(b.p.url)
	if err != nil {
		b.p.t.Fatal(err)
	}
	for _, c := range b.Jar.Cookies(where) {
		if c.Name == cookieName {
			return c.Value
		}
	}
	return ""
}

// who is who is signed in; the zero principal is nobody.
func (b *browser) who() auth.Principal {
	b.p.t.Helper()
	if b.cookie() == "" {
		return auth.Principal{}
	}
	p, err := b.p.sessions.Find(b.p.t.Context(), b.cookie())
	if err != nil {
		return auth.Principal{}
	}
	return p
}

// mustBeRefused fails unless nobody is signed in, and the refusal was recorded with a code.
func (b *browser) mustBeRefused(what string, got answer, code string) {
	b.p.t.Helper()
	event := b.p.log.last()
	if b.who().Subject != "" || got.status < 400 || event.Kind != audit.SignIn || event.Outcome == audit.Done || event.Code != code {
		b.p.t.Errorf("%s: signed in as %q, status %d, recorded %+v, want code %s", what, b.who().Subject, got.status, event, code)
	}
}
