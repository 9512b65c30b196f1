package router_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"devportal.internal/router"
)

// TestAttacks_17_to_20_fail_on_every_transport asks for what is protected, by whatever way, as nobody.
func TestAttacks_17_to_20_fail_on_every_transport(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	endpoint := (&shop{Router: g.Router}).serve(t)
	for carrier, send := range carriers(t, endpoint) {
		for name, document := range map[string]string{
			"17: a polymorphic type":        `{any{label} things{...on Safe{label}}}`,
			"17: a fragment on an object":   `{any{...on Vault{label} ...on Item{code}}}`,
			"18: a renamed directive":       `{me audit{lines} level}`,
			"19: an implementation":         `{any{...on Safe{id label}}}`,
			"20: through @requires":         `{items{cost}}`,
			"an alias of something allowed": `{open:me items{id:code}}`,
		} {
			t.Run(carrier+"/"+name, func(t *testing.T) {
				answer := send(document)
				if strings.Contains(answer, "canary") || strings.Contains(answer, `"cost":7`) {
					t.Errorf("got %s", answer)
				}
			})
		}
	}
	deferred, err := io.ReadAll(open(t, endpoint, `multipart/mixed;deferSpec=20220824, application/json`, `{open ...@defer{me items{code}}}`, nil))
	if err != nil || strings.Contains(string(deferred), "canary") || !strings.Contains(string(deferred), `"path":["items",0,"code"]`) {
		t.Errorf("a deferred fragment: %s, %v", deferred, err)
	}
	for _, document := range append(g.stock.asked(), g.shipping.asked()...) {
		for _, name := range []string{"me", "audit", "level", "cost", "code", "... on Safe"} {
			if strings.Contains(document, "{"+name) || strings.Contains(document, " "+name) {
				t.Errorf("%s was asked for by %s", name, document)
			}
		}
	}
}

func TestRights_are_of_live_operations_too(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	endpoint := (&shop{Router: g.Router}).serve(t)
	t.Run("a denied subscription is refused", func(t *testing.T) {
		c := connect(t, endpoint, modern)
		c.send(`{"type":"subscribe","id":"1","payload":{"query":"subscription{alarms{text}}"}}`)
		c.expect(`{"type":"error","id":"1","payload":[{"message":"Sign in to have this.","path":["alarms"],"extensions":{"code":"UNAUTHENTICATED"}}]}`)
	})
	t.Run("a denied field of an event is null, until rights change", func(t *testing.T) {
		c := dial(t, endpoint, modern, nil)
		c.send(`{"type":"connection_init","payload":{"User":"x"}}`)
		c.expect(`{"type":"connection_ack"}`)
		const subscribe = `{"type":"subscribe","id":"1","payload":{"query":"subscription{news{text secret}}"}}`
		c.send(subscribe)
		event := map[string]any{"text": "a", "secret": "canary"}
		g.events <- event
		answer, err := c.read()
		if err != nil || strings.Contains(answer, "canary") || !strings.Contains(answer, `{"text":"a","secret":null}`) || !strings.Contains(answer, "FORBIDDEN") {
			t.Fatal(answer, err)
		}
		g.guard.grant("admin")
		g.events <- event
		c.expectError("1", "RIGHTS_CHANGED")
		c.send(subscribe)
		g.events <- event
		if answer, err = c.read(); err != nil || !strings.Contains(answer, `"secret":"canary"`) {
			t.Fatal(answer, err)
		}
		g.guard.grant()
		g.events <- event
		c.expectError("1", "RIGHTS_CHANGED")
	})
}

// BenchmarkRights measures what deciding adds to a request: the same operation where nothing is protected, where all of it is
// allowed, and where some of it is denied.
func BenchmarkRights(b *testing.B) {
	const document = `{open items{id price weight days}}`
	run := func(name, user, scope string, change func(*router.Options)) {
		b.Run(name, func(b *testing.B) {
			g := newGuarded(b, change)
			b.ReportAllocs()
			for b.Loop() {
				if status, body := g.as(b, user, scope, document); status != http.StatusOK {
					b.Fatal(body)
				}
			}
		})
	}
	run("nothing protected", "x", "", func(o *router.Options) {
		bare := regexp.MustCompile(`@members|@(needs|rule)\([^)]*\)`).ReplaceAllString
		o.Supergraph = composedAs(b, guardedLink, map[string]string{"stock": bare(guardedStock, ""), "shipping": bare(guardedShipping, "")})
	})
	run("all allowed", "physics", "money", nil)
	run("some denied", "x", "", nil)
}
