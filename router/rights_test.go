package router_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router"
	"devportal.internal/router/compose"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

const guardedLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external", "@requires",
  "@interfaceObject", "@inaccessible", {name: "@authenticated", as: "@members"}, {name: "@requiresScopes", as: "@needs"}, {name: "@policy", as: "@rule"}])
`

// guardedStock has a requirement of every kind, under names that are not the specification's.
const guardedStock = `
type Query { items: [Item!]!  any: [Thing]  things: [Thing!]  audit: Audit  me: String @members  level: Level  open: Int  concealed: Audit @inaccessible }
type Mutation { destroy(id: ID!): Boolean @rule(policies: [["admin"]])  touch: Int }
type Subscription { alarms: Alarm @rule(policies: [["admin"]])  news: News }
interface Thing { id: ID! label: String }
type Item implements Thing @key(fields: "id") { id: ID! label: String  price: Int @needs(scopes: [["money"], ["all"]])  weight: Int @rule(policies: [["physics"]])  code: String! @rule(policies: [["admin"]]) }
type Vault implements Thing { id: ID! label: String @rule(policies: [["admin"]])  gold: Int }
type Safe implements Thing @rule(policies: [["admin"]]) { id: ID! label: String }
type Audit @rule(policies: [["admin"]]) { lines: [String] reader: Reader }
type Reader { name: String }
type News { text: String  secret: String @rule(policies: [["admin"]]) }
type Alarm { text: String }
enum Level @members { LOW HIGH }
`

const guardedShipping = `
type Item @key(fields: "id") { id: ID! weight: Int @external  cost: Int @requires(fields: "weight") @rule(policies: [["physics"]])  days: Int }
`

// guard decides by the request's headers; its policies can be changed.
type guard struct {
	mu      sync.Mutex
	version uint64
	extra   []string
	asked   int
}

func (g *guard) Granted(_ context.Context, caller transport.Caller, names []string) ([]bool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	answers := make([]bool, len(names))
	for at, name := range names {
		answers[at] = slices.Contains(strings.Split(caller.Identity, "+"), name) || slices.Contains(g.extra, name)
	}
	return answers, nil
}

func (g *guard) Version() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.version
}

func (g *guard) grant(names ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.version++
	g.extra = names
}

// authenticateByHeader takes who is asking (User: policies joined by +) and scopes (Scope) from headers, or from a socket's init.
func authenticateByHeader(ctx context.Context, r *http.Request, init json.RawMessage) (context.Context, transport.Caller, error) {
	user, scope := r.Header.Get("User"), r.Header.Get("Scope")
	var given struct{ User, Scope string }
	if json.Unmarshal(init, &given) == nil && given.User != "" {
		user, scope = given.User, given.Scope
	}
	return ctx, transport.Caller{Identity: user, SignedIn: user != "", Scopes: strings.Fields(scope)}, nil
}

// guarded is a router over two subgraphs with something to protect.
type guarded struct {
	*router.Router
	guard           *guard
	stock, shipping *subgraph
	events          chan any
}

func newGuarded(t testing.TB, change func(*router.Options)) *guarded {
	t.Helper()
	g := &guarded{guard: &guard{}, events: make(chan any)}
	item := func(id any) map[string]any {
		return map[string]any{"__typename": "Item", "id": id, "label": "item", "price": 12, "weight": 7, "code": "canary-code"}
	}
	vault := map[string]any{"__typename": "Vault", "id": "v", "label": "canary-label", "gold": 3}
	safe := map[string]any{"__typename": "Safe", "id": "s", "label": "canary-safe"}
	g.stock = &subgraph{
		root: map[string]any{
			"__typename": "Query", "items": []any{item("1")}, "any": []any{item("1"), vault, safe}, "things": []any{item("1"), safe},
			"audit": map[string]any{"lines": []any{"canary-line"}, "reader": map[string]any{"name": "canary-reader"}},
			"me":    "canary-me", "level": "HIGH", "open": 1, "destroy": true, "touch": 2,
		},
		entities: map[string]func(map[string]any) any{"Item": func(of map[string]any) any { return item(of["id"]) }},
		events:   func() (<-chan any, func()) { return g.events, func() {} },
	}
	g.shipping = &subgraph{entities: map[string]func(map[string]any) any{
		"Item": func(of map[string]any) any {
			return map[string]any{"__typename": "Item", "id": of["id"], "cost": of["weight"], "days": 2}
		},
	}}
	options := router.Options{
		Supergraph: composedAs(t, guardedLink, map[string]string{"stock": guardedStock, "shipping": guardedShipping}),
		Subgraphs:  map[string]upstream.Subgraph{"stock": {Handler: g.stock}, "shipping": {Handler: g.shipping}},
		Policies:   g.guard, Authenticate: authenticateByHeader, Deduplicate: both,
	}
	if change != nil {
		change(&options)
	}
	var err error
	if g.Router, err = router.New(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := g.Shutdown(ctx); err != nil {
			t.Errorf("shutting down: %v", err)
		}
	})
	return g
}

func composedAs(t testing.TB, link string, schemas map[string]string) string {
	t.Helper()
	var inputs []compose.Subgraph
	for name, sdl := range schemas {
		inputs = append(inputs, compose.Subgraph{Name: name, URL: "http://" + name + ".invalid/graphql", SDL: link + sdl})
	}
	result, errs := compose.Compose(inputs, compose.Options{})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return result.SupergraphSDL
}

// as asks for somebody, and returns the status and the body.
func (g *guarded) as(t testing.TB, user, scope, query string) (int, string) {
	t.Helper()
	quoted, _ := json.Marshal(query)
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":`+string(quoted)+`}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/graphql-response+json")
	r.Header.Set("User", user)
	r.Header.Set("Scope", scope)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(body)
}

const (
	forbidden       = `"extensions":{"code":"FORBIDDEN"}`
	unauthenticated = `"extensions":{"code":"UNAUTHENTICATED"}`
)

func denied(path, extensions string) string {
	message := "You may not have this."
	if extensions == unauthenticated {
		message = "Sign in to have this."
	}
	return `{"message":"` + message + `","path":` + path + `,` + extensions + `}`
}

func TestRights_answer_denied_fields_with_null_and_an_error(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	for _, c := range []struct{ name, user, scope, query, want string }{
		{"nobody", "", "", `{open me}`, `{"data":{"open":1,"me":null},"errors":[` + denied(`["me"]`, unauthenticated) + `]}`},
		{"somebody", "x", "", `{open me}`, `{"data":{"open":1,"me":"canary-me"}}`},
		{"an enum", "", "", `{level}`, `{"data":{"level":null},"errors":[` + denied(`["level"]`, unauthenticated) + `]}`},
		{"no scope", "x", "", `{items{price}}`, `{"data":{"items":[{"price":null}]},"errors":[` + denied(`["items",0,"price"]`, forbidden) + `]}`},
		{"another scope", "x", "all", `{items{price}}`, `{"data":{"items":[{"price":12}]}}`},
		{"an alias", "x", "", `{i:items{p:price}}`, `{"data":{"i":[{"p":null}]},"errors":[` + denied(`["i",0,"p"]`, forbidden) + `]}`},
		{"null propagates", "x", "", `{open items{id code}}`, `{"data":null,"errors":[` + denied(`["items",0,"code"]`, forbidden) + `]}`},
		{"a type", "x", "", `{open audit{lines reader{name}}}`, `{"data":{"open":1,"audit":null},"errors":[` + denied(`["audit"]`, forbidden) + `]}`},
		{"a policy", "admin", "", `{audit{lines}}`, `{"data":{"audit":{"lines":["canary-line"]}}}`},
		{"a mutation", "x", "", `mutation{destroy(id:1) touch}`, `{"data":{"destroy":null,"touch":2},"errors":[` + denied(`["destroy"]`, forbidden) + `]}`},
		{
			"an interface, by runtime types", "x", "", `{any{label}}`,
			`{"data":{"any":[{"label":"item"},{"label":null},null]},"errors":[` + denied(`["any",1,"label"]`, forbidden) + `,` + denied(`["any",2]`, forbidden) + `]}`,
		},
		{
			"an interface by __typename alone", "x", "", `{any{__typename}}`,
			`{"data":{"any":[{"__typename":"Item"},{"__typename":"Vault"},null]},"errors":[` + denied(`["any",2]`, forbidden) + `]}`,
		},
		{"non-null items", "x", "", `{open things{id}}`, `{"data":{"open":1,"things":null},"errors":[` + denied(`["things",1]`, forbidden) + `]}`},
		{"an implementation by a fragment", "x", "", `{any{...on Safe{label}}}`, `{"data":{"any":[{},{},null]},"errors":[` + denied(`["any",2]`, forbidden) + `]}`},
		{"through @requires", "x", "", `{items{cost days}}`, `{"data":{"items":[{"cost":null,"days":2}]},"errors":[` + denied(`["items",0,"cost"]`, forbidden) + `]}`},
		{"with the right for @requires", "physics", "", `{items{cost weight}}`, `{"data":{"items":[{"cost":7,"weight":7}]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := g.as(t, c.user, c.scope, c.query)
			if !sameJSON(t, c.want, body) || status != http.StatusOK {
				t.Errorf("%d %s", status, cmp.Diff(c.want, body))
			}
		})
	}
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		t.Fatalf("no JSON: %s %s", a, b)
	}
	return cmp.Equal(x, y)
}

func TestRights_send_no_fetch_for_what_is_denied(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	for _, query := range []string{
		`{items{cost}}`, `{audit{lines reader{name}}}`, `{items{price weight code}}`, `{any{...on Vault{label} ...on Safe{id label}}}`,
		`{any{label id}}`, `mutation{destroy(id:1)}`, `{me}`, `{level}`,
	} {
		g.as(t, "", "", query)
	}
	sent := strings.Join(append(g.stock.asked(), g.shipping.asked()...), "\n")
	for _, name := range []string{"cost", "weight", "price", "code", "audit", "lines", "destroy", "{me}", "level", "Safe"} {
		if strings.Contains(sent, name) {
			t.Errorf("%s was asked for:\n%s", name, sent)
		}
	}
	if len(g.shipping.asked()) != 0 {
		t.Errorf("a subgraph was asked for a denied field alone: %v", g.shipping.asked())
	}
}

func TestRights_refuse_operations_where_that_is_set(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(o *router.Options) { o.Denial = router.DenyOperations })
	if status, body := g.as(t, "", "", `{open me}`); status != http.StatusUnauthorized || !sameJSON(t, body, `{"errors":[`+denied(`["me"]`, unauthenticated)+`]}`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := g.as(t, "x", "", `{open items{price}}`); status != http.StatusForbidden || !sameJSON(t, body, `{"errors":[`+denied(`["items","price"]`, forbidden)+`]}`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := g.as(t, "x", "", `{open me}`); status != http.StatusOK || !strings.Contains(body, "canary-me") {
		t.Errorf("%d %s", status, body)
	}
	if asked := g.stock.asked(); len(asked) != 1 {
		t.Errorf("a refused operation was sent: %v", asked)
	}
}

func TestRights_hide_names_where_that_is_set(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(o *router.Options) { o.Denial = router.DenyNames })
	for _, c := range []struct{ hidden, nonexistent string }{
		{`{audit{lines}}`, `{xudit{lines}}`},
		{`{__typename ...on Audit{lines}}`, `{__typename ...on Xudit{lines}}`},
		{`{items{price}}`, `{items{xrice}}`},
		{`mutation{destroy(id:1)}`, `mutation{xestroy(id:1)}`},
	} {
		_, hidden := g.as(t, "x", "", c.hidden)
		_, nonexistent := g.as(t, "x", "", c.nonexistent)
		nonexistent = strings.NewReplacer("xudit", "audit", "Xudit", "Audit", "xrice", "price", "xestroy", "destroy").Replace(nonexistent)
		if hidden != nonexistent || !strings.Contains(hidden, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s:\n%s\n%s", c.hidden, hidden, nonexistent)
		}
	}
	if _, body := g.as(t, "admin", "", `{audit{lines}}`); !strings.Contains(body, "canary-line") {
		t.Error(body)
	}
}

func TestRights_leave_hidden_names_out_of_every_error(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	for _, c := range []struct{ hidden, nonexistent string }{
		{`{audit{nothing}}`, `{xudit{nothing}}`},
		{`{audit}`, `{xudit}`},
		{`{concealed{lines}}`, `{xoncealed{lines}}`},
		{`query($v:Audit){open}`, `query($v:Xudit){open}`},
		{`{open ...F} fragment F on Audit{nothing}`, `{open ...F} fragment F on Xudit{nothing}`},
		{`mutation{destroy}`, `mutation{xestroy}`},
		{`mutation{destroy(name:1)}`, `mutation{xestroy(name:1)}`},
		{`{__type(name:"Audit"){name fields{name}}}`, `{__type(name:"Xudit"){name fields{name}}}`},
	} {
		_, hidden := g.as(t, "x", "", c.hidden)
		_, nonexistent := g.as(t, "x", "", c.nonexistent)
		nonexistent = strings.NewReplacer("xudit", "audit", "Xudit", "Audit", "xestroy", "destroy", "xoncealed", "concealed").Replace(nonexistent)
		if hidden != nonexistent {
			t.Errorf("%s:\n%s\n%s", c.hidden, hidden, nonexistent)
		}
	}
}

func TestRights_decide_what_introspection_shows(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	const all = `{__schema{mutationType{name} types{name fields{name} possibleTypes{name}}}}`
	nobody, somebody, admin := shown(t, g, "", all), shown(t, g, "x", all), shown(t, g, "admin", all)
	for name, want := range map[string][3]bool{
		`"Audit"`: {false, false, true}, `"Reader"`: {false, false, true}, `"Safe"`: {false, false, true}, `"Level"`: {false, true, true},
		`"me"`: {false, true, true}, `"destroy"`: {false, false, true}, `"alarms"`: {false, false, true}, `"Alarm"`: {false, false, true},
		`"price"`: {false, false, false}, `"open"`: {true, true, true}, `"Vault"`: {true, true, true}, `"gold"`: {true, true, true},
		`"concealed"`: {false, false, false}, `"touch"`: {true, true, true},
	} {
		got := [3]bool{strings.Contains(nobody, name), strings.Contains(somebody, name), strings.Contains(admin, name)}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func shown(t testing.TB, g *guarded, user, query string) string {
	t.Helper()
	_, body := g.as(t, user, "", query)
	if strings.Contains(body, "errors") {
		t.Fatal(body)
	}
	return body
}

func TestRights_decide_what_the_schema_file_shows(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	get := func(user string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "/schema.graphql", nil)
		r.Header.Set("User", user)
		w := httptest.NewRecorder()
		g.ServeSchema(w, r)
		return w.Code, w.Body.String()
	}
	if _, text := get("admin+physics"); strings.Contains(text, "price") || !strings.Contains(text, "audit: Audit") {
		t.Error(text)
	}
	if _, text := get(""); strings.Contains(text, "Audit") || !strings.Contains(text, "open: Int") {
		t.Error(text)
	}
	g = newGuarded(t, func(o *router.Options) { o.Introspection = router.IntrospectSignedIn })
	if status, text := get(""); status != http.StatusForbidden || !strings.Contains(text, "INTROSPECTION_DISABLED") {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := get("x"); status != http.StatusOK {
		t.Error(status)
	}
	if _, body := g.as(t, "", "", `{__schema{queryType{name}}}`); !strings.Contains(body, "INTROSPECTION_DISABLED") {
		t.Error(body)
	}
	g = newGuarded(t, func(o *router.Options) { o.Introspection = router.IntrospectOff })
	if status, _ := get("admin"); status != http.StatusForbidden {
		t.Error(status)
	}
}

func TestRights_of_one_caller_are_of_no_use_to_another(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	const query = `{open items{price weight code} audit{lines} any{label}}`
	want := map[string]string{}
	users := []string{"", "x", "admin", "physics", "admin+physics"}
	for _, user := range users {
		_, want[user] = newGuarded(t, nil).as(t, user, "", query)
	}
	var wait sync.WaitGroup
	for range 20 {
		for _, user := range users {
			wait.Go(func() {
				if _, got := g.as(t, user, "", query); got != want[user] {
					t.Errorf("%q: %s, want %s", user, got, want[user])
				}
			})
		}
	}
	wait.Wait()
}

func TestRights_ask_about_policies_once_a_caller_and_version(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	for range 5 {
		g.as(t, "x", "", `{audit{lines}}`)
		g.as(t, "x", "", `{items{weight}}`)
	}
	if g.guard.asked != 1 {
		t.Errorf("asked %d times", g.guard.asked)
	}
	g.guard.grant("admin")
	if _, body := g.as(t, "x", "", `{audit{lines}}`); !strings.Contains(body, "canary-line") || g.guard.asked != 2 {
		t.Error(body, g.guard.asked)
	}
	g.guard.grant()
	if _, body := g.as(t, "x", "", `{audit{lines}}`); strings.Contains(body, "canary-line") {
		t.Error(body)
	}
}
