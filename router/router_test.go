package router_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

const productsSDL = `
extend schema @link(url: "https://devportal.internal/live/v1.0", import: ["@resumable"])
  @composeDirective(name: "@resumable")
directive @resumable(after: String! = "after", cursor: String! = "cursor", start: String, fromStart: Boolean! = false) on FIELD_DEFINITION
type Query { product(id: ID!): Product  products(first: Int = 10): [Product!]!  secret: String @inaccessible  loop: Loop }
type Mutation { rename(id: ID!, name: String!): Product }
type Subscription { productChanged(after: String): Change @resumable  ticks: Int }
type Change { cursor: String! product: Product }
type Product @key(fields: "id") { id: ID! name: String hidden: String @inaccessible }
type Loop { loop: Loop loops: [Loop] value(x: Int, y: [Int]): Int }
`

const reviewsSDL = `
type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
type Review { text: String! stars: Int }
`

// patience is how long tests wait for what happens soon, unless the machine is busy with others.
const patience = time.Minute

// shop is a router over two subgraphs, with what tests need to know of them.
type shop struct {
	*router.Router
	products, reviews *subgraph
	events            chan any
	left              chan struct{}
}

func newShop(t testing.TB, change func(*router.Options)) *shop {
	t.Helper()
	s := &shop{events: make(chan any), left: make(chan struct{}, 100)}
	product := func(id any) map[string]any {
		return map[string]any{"__typename": "Product", "id": id, "name": "product " + id.(string)}
	}
	s.products = &subgraph{
		root: map[string]any{
			"__typename": "Query",
			"product":    resolver(func(arguments map[string]any) any { return product(arguments["id"]) }),
			"products":   []any{product("1"), product("2")},
			"rename":     resolver(func(arguments map[string]any) any { return product(arguments["id"]) }),
			"loop":       map[string]any{"value": 1},
		},
		entities: map[string]func(map[string]any) any{
			"Product": func(of map[string]any) any { return product(of["id"]) },
		},
		events: func() (<-chan any, func()) { return s.events, func() { s.left <- struct{}{} } },
	}
	s.reviews = &subgraph{entities: map[string]func(map[string]any) any{
		"Product": func(of map[string]any) any {
			return map[string]any{"__typename": "Product", "id": of["id"], "reviews": []any{map[string]any{"text": "good " + of["id"].(string), "stars": 5}}}
		},
	}}
	options := router.Options{
		Supergraph: composed(t, map[string]string{"products": productsSDL, "reviews": reviewsSDL}),
		Subgraphs:  map[string]upstream.Subgraph{"products": {Handler: s.products}, "reviews": {Handler: s.reviews}},
		GraphiQL:   true,
	}
	if change != nil {
		change(&options)
	}
	var err error
	if s.Router, err = router.New(options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Errorf("shutting down: %v", err)
		}
	})
	return s
}

// serve gives the router a real socket.
func (s *shop) serve(t testing.TB) string {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	server.Config = router.NewServer(s)
	server.Start()
	t.Cleanup(server.Close)
	return server.URL + "/graphql"
}

// ask posts an operation and returns the response's body.
func (s *shop) ask(t testing.TB, query string, variables string) string {
	t.Helper()
	if variables == "" {
		variables = "null"
	}
	quoted, _ := json.Marshal(query)
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":`+string(quoted)+`,"variables":`+variables+`}`))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body)
	return string(body)
}

func TestRouter_answers_from_several_subgraphs(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, c := range []struct{ name, query, variables, want string }{
		{"one subgraph", `{product(id:"1"){name}}`, ``, `{"data":{"product":{"name":"product 1"}}}`},
		{"two subgraphs", `query($id:ID!){product(id:$id){id reviews{text}}}`, `{"id":7}`, `{"data":{"product":{"id":"7","reviews":[{"text":"good 7"}]}}}`},
		{"a list", `{products{name reviews{stars}}}`, ``, `{"data":{"products":[{"name":"product 1","reviews":[{"stars":5}]},{"name":"product 2","reviews":[{"stars":5}]}]}}`},
		{"a mutation", `mutation{rename(id:"3",name:"x"){id reviews{stars}}}`, ``, `{"data":{"rename":{"id":"3","reviews":[{"stars":5}]}}}`},
		{"__typename", `{__typename product(id:"1"){__typename}}`, ``, `{"data":{"__typename":"Query","product":{"__typename":"Product"}}}`},
		{
			"introspection", `{a:__typename __type(name:"Review"){kind name fields{name type{kind ofType{name}}}} b:__typename}`, ``,
			`{"data":{"a":"Query","__type":{"kind":"OBJECT","name":"Review","fields":[{"name":"text","type":{"kind":"NON_NULL","ofType":{"name":"String"}}},{"name":"stars","type":{"kind":"SCALAR","ofType":null}}]},"b":"Query"}}`,
		},
		{
			"introspection by fragments", `{__type(name:"Review"){...T}} fragment T on __Type{name ...on __Type{fields{...F}}} fragment F on __Field{name}`, ``,
			`{"data":{"__type":{"name":"Review","fields":[{"name":"text"},{"name":"stars"}]}}}`,
		},
		{"introspection by variables", `query($n:String!,$d:Boolean){__type(name:$n){inputFields(includeDeprecated:$d){name}}}`, `{"n":"Int"}`, `{"data":{"__type":{"inputFields":null}}}`},
		{"introspection of what is hidden", `{__type(name:"Product"){fields{name}}}`, ``, `{"data":{"__type":{"fields":[{"name":"id"},{"name":"name"},{"name":"reviews"}]}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, s.ask(t, c.query, c.variables)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRouter_gives_everyone_their_own_answer_though_memory_is_used_again(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, nil).serve(t)
	const document = `query($id: ID!) { product(id: $id) { id name reviews { text } } }`
	var asking sync.WaitGroup
	for who := range 8 {
		asking.Go(func() {
			for n := range 20 {
				id := strings.Repeat(strconv.Itoa(who), 1+n*100)
				body := `{"query":"` + document + `","variables":{"id":"` + id + `"}}`
				resp, err := http.Post(endpoint, "application/json", strings.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				want := `{"data":{"product":{"id":"` + id + `","name":"product ` + id + `","reviews":[{"text":"good ` + id + `"}]}}}`
				if err != nil || string(got) != want {
					t.Errorf("got %.200s, %v", got, err)
				}
			}
		})
	}
	asking.Wait()
}

func TestRouter_refuses_with_stable_codes(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, c := range []struct{ query, variables, code string }{
		{`{`, ``, "GRAPHQL_PARSE_FAILED"},
		{`{nothing}`, ``, "GRAPHQL_VALIDATION_FAILED"},
		{`{secret}`, ``, "GRAPHQL_VALIDATION_FAILED"},
		{`{product(id:"1"){hidden}}`, ``, "GRAPHQL_VALIDATION_FAILED"},
		{`query A{__typename} query B{__typename}`, ``, "OPERATION_RESOLUTION_FAILURE"},
		{`query($id:ID!){product(id:$id){id}}`, `{}`, "BAD_USER_INPUT"},
		{`query($id:Int){products(first:$id){id}}`, `{"id":2147483648}`, "BAD_USER_INPUT"},
		{`subscription{a:ticks @skip(if:false)}`, ``, "GRAPHQL_VALIDATION_FAILED"},
	} {
		body := s.ask(t, c.query, c.variables)
		var response struct {
			Errors []struct {
				Message    string
				Extensions struct{ Code string }
			}
		}
		if err := json.Unmarshal([]byte(body), &response); err != nil || len(response.Errors) == 0 || response.Errors[0].Extensions.Code != c.code {
			t.Errorf("%s: %s", c.query, body)
		}
		if strings.Contains(body, "Did you mean") {
			t.Errorf("%s: suggestion in %s", c.query, body)
		}
	}
}

func TestRouter_hides_the_schema_from_callers_that_may_not_see_it(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.Authenticate = func(ctx context.Context, _ *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return ctx, transport.Caller{Identity: "x", HideSchema: true}, nil
		}
	})
	for _, query := range []string{`{__schema{types{name}}}`, `{...F} fragment F on Query{x:__type(name:"Query"){name}}`} {
		if body := s.ask(t, query, ""); !strings.Contains(body, "INTROSPECTION_DISABLED") {
			t.Errorf("%s: %s", query, body)
		}
	}
}

func TestRouter_refuses_operations_that_cost_too_much(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) { o.Limits.Cost = 30 })
	if body := s.ask(t, `{products{reviews{text}}}`, ""); !strings.Contains(body, `"code":"OPERATION_TOO_EXPENSIVE","cost":{"limit":30,"requested":110}`) {
		t.Error(body)
	}
	if body := s.ask(t, `{product(id:"1"){reviews{text}}}`, ""); strings.Contains(body, "errors") {
		t.Error(body)
	}
}

func TestRouter_keeps_serving_while_the_supergraph_changes(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	if err := s.Reload("type Query { nonsense"); err == nil {
		t.Error("a bad supergraph was taken")
	}
	if body := s.ask(t, `{product(id:"1"){name}}`, ""); !strings.Contains(body, "product 1") {
		t.Error(body)
	}
	next := composed(t, map[string]string{
		"products": strings.ReplaceAll(productsSDL, "name: String hidden", "name: String nick: String hidden"), "reviews": reviewsSDL,
	})
	if err := s.Reload(next); err != nil {
		t.Fatal(err)
	}
	if body := s.ask(t, `{product(id:"1"){nick name}}`, ""); body != `{"data":{"product":{"nick":null,"name":"product 1"}}}` {
		t.Error(body)
	}
	if !strings.Contains(s.APISchema(), "nick") {
		t.Error("the API schema is the old one")
	}
}
