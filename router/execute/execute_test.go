package execute_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/execute"
	"devportal.internal/router/plan"
	"devportal.internal/router/upstream"
)

// subgraphs answers fetches with fixed bodies, by subgraph, and keeps what it was asked.
type subgraphs struct {
	answers map[string]string

	mu    sync.Mutex
	asked map[string]string
}

func (s *subgraphs) Do(_ context.Context, req *upstream.Request) (*upstream.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil {
		s.asked = map[string]string{}
	}
	s.asked[req.Subgraph] += string(req.Body)
	body, ok := s.answers[req.Subgraph]
	if !ok {
		return nil, &upstream.Error{Subgraph: req.Subgraph, Reason: upstream.Unreachable, Err: errors.New("secret address")}
	}
	return upstream.NewResponse([]byte(body)), nil
}

// products is the plan of { products { id name stock } } with stock in another subgraph: name may be null, stock may not.
func products() *plan.Plan {
	str := &plan.TypeShape{Name: "String", Leaf: plan.StringLeaf}
	return &plan.Plan{
		Kind: plan.Query,
		Fetches: []*plan.Fetch{
			{
				ID: 0, Subgraph: "products", Kind: plan.Query, Document: "{products{id name}}", Variables: []string{"first"},
				Selections: plan.SelectionSet{{Key: "products", Typename: "Product", Sub: plan.SelectionSet{{Key: "id"}, {Key: "name"}}}},
			},
			{
				ID: 1, Subgraph: "stock", Kind: plan.Query, Document: "query($r:[_Any!]!){_entities(representations:$r){...on Product{stock}}}",
				DependsOn: []int{0},
				Entities: []*plan.EntityFetch{{
					ResponseKey: "_entities", Variable: "r",
					Targets: []plan.Target{{
						Path:            plan.Path{{Key: "products"}},
						Representations: []plan.Representation{{Typename: "Product", Members: []plan.Member{{Name: "id", StoreKey: "id"}}}},
					}},
					Selections: plan.SelectionSet{{Key: "stock"}},
				}},
			},
		},
		Shape: &plan.ObjectShape{Fields: []plan.FieldShape{{
			ResponseKey: "all", StoreKey: "products", ParentType: "Query", Name: "products",
			Type: &plan.TypeShape{Elem: &plan.TypeShape{Name: "Product", PossibleTypes: []string{"Product"}}},
			Object: &plan.ObjectShape{Fields: []plan.FieldShape{
				{ResponseKey: "__typename", Typename: "Product", Type: str},
				{ResponseKey: "name", StoreKey: "name", ParentType: "Product", Name: "name", Type: str},
				{ResponseKey: "stock", StoreKey: "stock", ParentType: "Product", Name: "stock", Type: &plan.TypeShape{Name: "Int", Leaf: plan.IntLeaf, NonNull: true}},
			}},
		}}},
	}
}

func run(t *testing.T, p *plan.Plan, answers map[string]string) (string, *subgraphs) {
	t.Helper()
	program, err := execute.New(p, execute.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &subgraphs{answers: answers}
	resp := program.Execute(context.Background(), &execute.Request{Client: s, Variables: execute.Variables{"first": []byte("3")}})
	defer resp.Release()
	body := resp.Bytes()
	if !json.Valid(body) {
		t.Fatalf("invalid JSON: %s", body)
	}
	return string(body), s
}

func TestExecute(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, products, stock string
		want                  string
	}{
		{
			name:     "completes objects from a second subgraph and keeps texts as they came",
			products: ` { "data" : { "products" : [ {"id":"1","name":"a\u00e9\n"} , {"name":"b","id":2,"more":[{}]} ] } } `,
			stock:    `{"data":{"_entities":[{"stock":5},{"stock":-2147483648}]}}`,
			want:     `{"data":{"all":[{"__typename":"Product","name":"a\u00e9\n","stock":5},{"__typename":"Product","name":"b","stock":-2147483648}]}}`,
		},
		{
			name:     "propagates null to the item and says where",
			products: `{"data":{"products":[{"id":"1","name":null},{"id":"2","name":"b"}]}}`,
			stock:    `{"data":{"_entities":[{"stock":null},{"stock":1}]}}`,
			want: `{"errors":[{"message":"Cannot return null for non-nullable field Product.stock.","path":["all",0,"stock"],"extensions":{"code":"NULL_VIOLATION"}}],` +
				`"data":{"all":[null,{"__typename":"Product","name":"b","stock":1}]}}`,
		},
		{
			name:     "translates the path of a subgraph's error and lets only its code through",
			products: `{"data":{"products":[{"id":"1"},{"id":"2"}]}}`,
			stock:    `{"data":{"_entities":[{"stock":1},{"stock":null}]},"errors":[{"message":"no","path":["_entities",1,"stock"],"extensions":{"code":"X","trace":"secret"}}]}`,
			want: `{"errors":[{"message":"no","path":["all",1,"stock"],"extensions":{"code":"X"}}],` +
				`"data":{"all":[{"__typename":"Product","name":null,"stock":1},null]}}`,
		},
		{
			name:     "refuses integers of more than 32 bits",
			products: `{"data":{"products":[{"id":"1","name":7}]}}`,
			stock:    `{"data":{"_entities":[{"stock":2147483648}]}}`,
			want: `{"errors":[{"message":"The value of field Product.name is not of type String.","path":["all",0,"name"],"extensions":{"code":"INVALID_RESULT"}},` +
				`{"message":"The value of field Product.stock is not a 32-bit integer.","path":["all",0,"stock"],"extensions":{"code":"INVALID_RESULT"}}],"data":{"all":[null]}}`,
		},
		{
			name:     "sends equal representations once and incomplete ones never",
			products: `{"data":{"products":[{"id":"1"},{"id":null},{"id":"1"}]}}`,
			stock:    `{"data":{"_entities":[{"stock":3}]}}`,
			want: `{"errors":[{"message":"Cannot return null for non-nullable field Product.stock.","path":["all",1,"stock"],"extensions":{"code":"NULL_VIOLATION"}}],` +
				`"data":{"all":[{"__typename":"Product","name":null,"stock":3},null,{"__typename":"Product","name":null,"stock":3}]}}`,
		},
		{
			name:     "leaves no trace of an answer that is not JSON to its end",
			products: `{"data":{"products":[{"id":"1","name":"a"}]}}`,
			stock:    `{"data":{"_entities":[{"stock":3}]}}x`,
			want: `{"errors":[{"message":"The request to a subgraph failed.","path":["all",0,"stock"],"extensions":{"code":"SUBREQUEST_FAILED"}}],` +
				`"data":{"all":[null]}}`,
		},
		{
			name:  "reports a failed subgraph once where nothing could be asked after it",
			stock: `{"data":{"_entities":[{"stock":3}]}}`,
			want: `{"errors":[{"message":"The request to a subgraph failed.","path":["all"],"extensions":{"code":"SUBREQUEST_FAILED"}}],` +
				`"data":{"all":null}}`,
		},
		{
			name:     "passes on an error that has no path",
			products: `{"data":null,"errors":[{"message":"syntax"}]}`,
			want:     `{"errors":[{"message":"syntax"}],"data":{"all":null}}`,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			answers := map[string]string{}
			if c.products != "" {
				answers["products"] = c.products
			}
			if c.stock != "" {
				answers["stock"] = c.stock
			}
			got, _ := run(t, products(), answers)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// panicking is a client with a bug.
type panicking struct{}

func (panicking) Do(context.Context, *upstream.Request) (*upstream.Response, error) { panic("bug") }

func TestExecuteOutlivesAPanic(t *testing.T) {
	t.Parallel()
	program, err := execute.New(products(), execute.Options{NameSubgraphs: true})
	if err != nil {
		t.Fatal(err)
	}
	resp := program.Execute(t.Context(), &execute.Request{Client: panicking{}})
	want := `{"errors":[{"message":"The request to a subgraph failed.","path":["all"],"extensions":{"code":"SUBREQUEST_FAILED","subgraph":"products"}}],"data":{"all":null}}`
	if diff := cmp.Diff(want, string(resp.Bytes())); diff != "" {
		t.Error(diff)
	}
}

func TestExecuteSends(t *testing.T) {
	t.Parallel()
	_, s := run(t, products(), map[string]string{
		"products": `{"data":{"products":[{"id":"1"},{"id":"2"},{"id":"1"}]}}`,
		"stock":    `{"data":{"_entities":[{"stock":3},{"stock":4}]}}`,
	})
	want := map[string]string{
		"products": `{"query":"{products{id name}}","variables":{"first":3}}`,
		"stock": `{"query":"query($r:[_Any!]!){_entities(representations:$r){...on Product{stock}}}",` +
			`"variables":{"r":[{"__typename":"Product","id":"1"},{"__typename":"Product","id":"2"}]}}`,
	}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Error(diff)
	}
}
