package session_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/redis"
	"devportal.internal/internal/signin/seal"
	"devportal.internal/internal/signin/session"
)

// place is a store of sessions with a clock.
type place struct {
	*session.Sessions
	tokens *auth.Tokens
	redis  *redis.Handle
	mu     sync.Mutex
	now    time.Time
}

func (p *place) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *place) pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func newPlace(t *testing.T) *place {
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
	p := &place{now: time.Now(), redis: handle}
	p.tokens = auth.NewTokensAt(ring, p.clock)
	p.Sessions = session.New(handle.Client, s, p.tokens, session.Settings{Now: p.clock})
	return p
}

func (p *place) start(t *testing.T, subject string) (cookie string, s session.Session) {
	t.Helper()
	cookie, s, err := p.Start(t.Context(), auth.NewPrincipal(auth.Principal{Subject: subject, Roles: []string{"viewer"}}), "corp", "browser", "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return cookie, s
}

func TestSessions(t *testing.T) {
	t.Parallel()
	t.Run("a cookie is its session until the session ends", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t)
		cookie, started := p.start(t, "user:default/a")
		who, err := p.Find(t.Context(), cookie)
		if err != nil || who.Subject != "user:default/a" || who.Session != started.ID || who.Roles[0] != "role:default/viewer" {
			t.Fatalf("found %+v, %v", who, err)
		}
		if err := p.End(t.Context(), "user:default/b", started.ID); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("somebody else ends it: %v", err)
		}
		if err := p.End(t.Context(), "user:default/a", started.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Find(t.Context(), cookie); fault.Code(err) != auth.CodeTokenExpired {
			t.Errorf("after its end: %v", err)
		}
	})
	t.Run("use slides the idle limit, and nothing slides the other", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t)
		cookie, _ := p.start(t, "user:default/a")
		for range 7 {
			p.pass(3 * time.Hour)
			if _, err := p.Find(t.Context(), cookie); err != nil {
				t.Fatal(err)
			}
		}
		p.pass(3*time.Hour + time.Second)
		if _, err := p.Find(t.Context(), cookie); err == nil {
			t.Error("it lives for more than 24 hours")
		}
		idle, _ := p.start(t, "user:default/a")
		p.pass(4*time.Hour + time.Second)
		if _, err := p.Find(t.Context(), idle); err == nil {
			t.Error("it lives though it was idle for more than 4 hours")
		}
	})
	t.Run("what Redis holds makes no cookie", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t)
		cookie, started := p.start(t, "user:default/a")
		keys, err := p.redis.Client.Keys(t.Context(), "*").Result()
		if err != nil {
			t.Fatal(err)
		}
		stored := fmt.Sprint(keys)
		for _, key := range keys {
			text, _ := p.redis.Client.Get(t.Context(), key).Result()
			stored += text
		}
		if strings.Contains(stored, cookie) {
			t.Error("Redis holds the cookie")
		}
		if _, err := p.Find(t.Context(), started.ID); err == nil {
			t.Error("the id is a cookie")
		}
		if _, err := p.Find(t.Context(), strings.Repeat("x", 1<<20)); fault.Code(err) != auth.CodeTokenInvalid {
			t.Errorf("a long cookie: %v", err)
		}
	})
	t.Run("signing out everywhere spares at most the one that asks", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t)
		cookie, own := p.start(t, "user:default/a")
		for range 3 {
			p.start(t, "user:default/a")
		}
		other, _ := p.start(t, "user:default/b")
		if ended, err := p.EndAll(t.Context(), "user:default/a", own.ID); err != nil || ended != 3 {
			t.Errorf("ended %d, %v", ended, err)
		}
		for _, c := range []string{cookie, other} {
			if _, err := p.Find(t.Context(), c); err != nil {
				t.Errorf("a spared session: %v", err)
			}
		}
		if ended, err := p.EndAll(t.Context(), "user:default/a", ""); err != nil || ended != 1 {
			t.Errorf("ended %d, %v", ended, err)
		}
	})
	t.Run("the oldest end when there are too many", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t)
		first, _ := p.start(t, "user:default/a")
		for range session.MaxPerSubject {
			p.pass(time.Second)
			p.start(t, "user:default/a")
		}
		if all, err := p.List(t.Context(), "user:default/a"); err != nil || len(all) != session.MaxPerSubject {
			t.Errorf("%d sessions, %v", len(all), err)
		}
		if _, err := p.Find(t.Context(), first); err == nil {
			t.Error("the oldest lives")
		}
	})
}

const client = "10.0.0.1 browser"

func TestSomebodyIsSignedOutEverywhereByACredentialThatDoesNotNameThem(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first, _ := p.start(t, "user:default/a")
	second, _ := p.start(t, "user:default/a")
	other, spared := p.start(t, "user:default/b")
	credential := session.Everywhere("user:default/A")
	if strings.Contains(credential, "default/") {
		t.Errorf("%s says who it is", credential)
	}
	for _, revoked := range []string{session.Credential(spared.ID), "token:x", "", credential} {
		if err := p.EndRevoked(t.Context(), revoked); err != nil {
			t.Errorf("%q: %v", revoked, err)
		}
	}
	for _, cookie := range []string{first, second} {
		if _, err := p.Find(t.Context(), cookie); err == nil {
			t.Error("a session goes on")
		}
	}
	if _, err := p.Find(t.Context(), other); err != nil {
		t.Errorf("somebody else was signed out: %v", err)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	issued := func(t *testing.T) (*place, string, session.Pair) {
		t.Helper()
		p := newPlace(t)
		cookie, started := p.start(t, "user:default/a")
		pair, err := p.Issue(t.Context(), started.ID, client)
		if err != nil {
			t.Fatal(err)
		}
		return p, cookie, pair
	}
	mustRefresh := func(t *testing.T, p *place, token string) session.Pair {
		t.Helper()
		pair, err := p.Refresh(t.Context(), token, client)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	t.Run("each token gives the next pair", func(t *testing.T) {
		t.Parallel()
		p, _, pair := issued(t)
		for range 5 {
			p.pass(10 * time.Minute)
			if _, err := p.tokens.Verify(pair.Access); fault.Code(err) != auth.CodeTokenExpired {
				t.Fatalf("an access token lives for more than minutes: %v", err)
			}
			pair = mustRefresh(t, p, pair.Refresh)
			who, err := p.tokens.Verify(pair.Access)
			if err != nil || who.Subject != "user:default/a" || who.Session == "" {
				t.Fatalf("the next access token: %+v, %v", who, err)
			}
		}
	})
	t.Run("two refreshes of one client at once do not log it out", func(t *testing.T) {
		t.Parallel()
		p, cookie, pair := issued(t)
		var wait sync.WaitGroup
		next := make([]string, 3)
		for i := range next {
			wait.Go(func() {
				got, err := p.Refresh(t.Context(), pair.Refresh, client)
				if err != nil {
					t.Error(err)
				}
				next[i] = got.Refresh
			})
		}
		wait.Wait()
		if next[0] != next[1] || next[1] != next[2] {
			t.Error("the answers differ")
		}
		mustRefresh(t, p, next[0])
		if _, err := p.Find(t.Context(), cookie); err != nil {
			t.Errorf("the session: %v", err)
		}
	})
	stolen := map[string]func(t *testing.T, p *place, first session.Pair) error{
		"a token that comes again later": func(t *testing.T, p *place, first session.Pair) error {
			mustRefresh(t, p, first.Refresh)
			p.pass(time.Minute)
			_, err := p.Refresh(t.Context(), first.Refresh, client)
			return err
		},
		"a token that comes again at once from elsewhere": func(t *testing.T, p *place, first session.Pair) error {
			mustRefresh(t, p, first.Refresh)
			_, err := p.Refresh(t.Context(), first.Refresh, "192.0.2.1 curl")
			return err
		},
		"a token that is two behind": func(t *testing.T, p *place, first session.Pair) error {
			mustRefresh(t, p, mustRefresh(t, p, first.Refresh).Refresh)
			_, err := p.Refresh(t.Context(), first.Refresh, client)
			return err
		},
		"a token that is tried again and again": func(t *testing.T, p *place, first session.Pair) error {
			for range 4 {
				mustRefresh(t, p, first.Refresh)
			}
			_, err := p.Refresh(t.Context(), first.Refresh, client)
			return err
		},
	}
	for name, attack := range stolen {
		t.Run(name+" ends the session", func(t *testing.T) {
			t.Parallel()
			p, cookie, first := issued(t)
			if err := attack(t, p, first); fault.Code(err) != session.CodeRefreshReused {
				t.Fatalf("answer: %v", err)
			}
			if _, err := p.Find(t.Context(), cookie); err == nil {
				t.Error("the session lives")
			}
			if who, err := p.tokens.Verify(first.Access); err == nil && p.Alive(t.Context(), who.Session) == nil {
				t.Error("the access token lives")
			}
			if all, _ := p.List(t.Context(), "user:default/a"); len(all) > 0 {
				t.Errorf("sessions: %v", all)
			}
		})
	}
	t.Run("what was not made here is refused", func(t *testing.T) {
		t.Parallel()
		p, cookie, pair := issued(t)
		for _, token := range []string{
			"", "dpr_", cookie, pair.Access, pair.Refresh + "A", pair.Refresh[:len(pair.Refresh)-2],
			strings.Replace(pair.Refresh, "~1.", "~2.", 1), strings.Repeat(".", 1<<20), "dpr_" + strings.Repeat("~", 200),
		} {
			if _, err := p.Refresh(t.Context(), token, client); fault.Code(err) != auth.CodeTokenInvalid {
				t.Errorf("%.40q: %v", token, err)
			}
		}
		mustRefresh(t, p, pair.Refresh)
	})
	t.Run("a session that ended refreshes nothing", func(t *testing.T) {
		t.Parallel()
		p, _, pair := issued(t)
		if _, err := p.EndAll(t.Context(), "user:default/a", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Refresh(t.Context(), pair.Refresh, client); fault.Code(err) != auth.CodeTokenExpired {
			t.Errorf("answer: %v", err)
		}
	})
}
