package router_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"devportal.internal/router"
	"devportal.internal/router/transport"
	"devportal.internal/router/transport/transporttest"
)

// memory remembers denials as "code: field field".
type memory struct {
	mu   sync.Mutex
	told []string
}

func (m *memory) tell(_ context.Context, d transport.Denial) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told = append(m.told, strings.TrimSpace(d.Code+": "+strings.Join(d.Fields, " ")))
}

// taken is what was told since it was last asked.
func (m *memory) taken() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.told
	m.told = nil
	return told
}

func TestDenials_are_told_on_every_transport(t *testing.T) {
	t.Parallel()
	m := &memory{}
	g := newGuarded(t, func(o *router.Options) { o.Denied, o.MaxBatch = m.tell, 10 })
	for _, carrier := range transporttest.Carriers(t, (&shop{Router: g.Router}).serve(t), nil) {
		t.Run(carrier.Name, func(t *testing.T) {
			carrier.Send(t, post(`{open}`))
			if told := m.taken(); len(told) != 0 {
				t.Errorf("of what is allowed: %q", told)
			}
			// Aliases do not make it another denial.
			carrier.Send(t, post(`{open a:me b:me things{c:id}}`))
			told := m.taken()
			if len(told) == 0 || slices.ContainsFunc(told, func(one string) bool { return one != "UNAUTHENTICATED: Query.me" }) {
				t.Errorf("told: %q", told)
			}
		})
	}
}

func TestDenials_are_told_in_every_mode(t *testing.T) {
	t.Parallel()
	for mode, want := range map[router.DenialMode]string{
		router.DenyFields:     "FORBIDDEN: Item.price Query.audit",
		router.DenyOperations: "FORBIDDEN: Item.price Query.audit",
		router.DenyNames:      "FORBIDDEN:",
	} {
		m := &memory{}
		g := newGuarded(t, func(o *router.Options) {
			o.Denied, o.Denial, o.Introspection = m.tell, mode, router.IntrospectOff
		})
		g.as(t, "x", "", `{items{price} audit{lines}}`)
		g.as(t, "x", "", `{__schema{types{name}}}`)
		g.as(t, "x", "", `{nothing}`)
		if told := m.taken(); !slices.Equal(told, []string{want, "INTROSPECTION_DISABLED:"}) {
			t.Errorf("%q: told %q", mode, told)
		}
	}
}

func TestDenials_are_told_of_credentials_and_sites(t *testing.T) {
	t.Parallel()
	m := &memory{}
	g := newGuarded(t, func(o *router.Options) {
		o.Denied = m.tell
		o.Authenticate = func(ctx context.Context, r *http.Request, init json.RawMessage) (context.Context, transport.Caller, error) {
			if strings.Contains(r.Header.Get("Authorization")+string(init), "bad") {
				return ctx, transport.Caller{}, transport.NewError(transport.CodeUnauthenticated, "no")
			}
			return ctx, transport.Caller{Identity: "x", SignedIn: true, Ambient: true}, nil
		}
	})
	endpoint := (&shop{Router: g.Router}).serve(t)
	ask := func(headers ...string) {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{open}"}`))
		for at := 0; at < len(headers); at += 2 {
			r.Header.Set(headers[at], headers[at+1])
		}
		r.Header.Set("Content-Type", "application/json")
		g.ServeHTTP(httptest.NewRecorder(), r)
	}
	ask("Authorization", "bad")
	ask("Authorization", "bad", "Accept", "text/event-stream")
	ask("Authorization", "bad", "Accept", "multipart/mixed;subscriptionSpec=1.0")
	ask("Origin", "https://elsewhere.example")
	ask("Origin", "https://elsewhere.example", "Accept", "text/event-stream")
	g.ServeSchema(httptest.NewRecorder(), withAuthorization(httptest.NewRequest(http.MethodGet, "/schema.graphql", nil), "bad"))
	for _, protocol := range []string{modern, legacy} {
		c := dial(t, endpoint, protocol, nil)
		c.send(`{"type":"connection_init","payload":{"Authorization":"bad"}}`)
		for {
			if _, err := c.read(); err != nil {
				break
			}
		}
	}
	want := []string{
		"UNAUTHENTICATED:", "UNAUTHENTICATED:", "UNAUTHENTICATED:", "CSRF_PREVENTED:", "ORIGIN_NOT_ALLOWED:", "UNAUTHENTICATED:",
		"UNAUTHENTICATED:", "UNAUTHENTICATED:",
	}
	if told := m.taken(); !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
}

func withAuthorization(r *http.Request, credential string) *http.Request {
	r.Header.Set("Authorization", credential)
	return r
}
