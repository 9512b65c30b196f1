package execute_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/execute"
	"devportal.internal/router/plan"
	"devportal.internal/router/upstream"
)

// deferredStock is products() with the stock deferred.
func deferredStock() *plan.Plan {
	p := products()
	all := p.Shape.Fields[0].Object
	stock := all.Fields[2]
	all.Fields = all.Fields[:2]
	p.Fetches[1].Deferred = 1
	p.Deferred = []*plan.Deferred{{
		Label: "later", Path: []string{"all"}, Fetches: []int{1},
		Shape: &plan.ObjectShape{Fields: []plan.FieldShape{stock}},
	}}
	return p
}

func TestExecuteIncremental(t *testing.T) {
	t.Parallel()
	program, err := execute.New(deferredStock(), execute.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &subgraphs{answers: map[string]string{
		"products": `{"data":{"products":[{"id":"1","name":"a"},null,{"id":"2","name":"b"}]}}`,
		"stock":    `{"data":{"_entities":[{"stock":5},{"stock":null}]}}`,
	}}
	first, parts := program.ExecuteIncremental(t.Context(), &execute.Request{Client: s})
	defer parts.Close()
	want := `{"data":{"all":[{"__typename":"Product","name":"a"},null,{"__typename":"Product","name":"b"}]}}`
	if diff := cmp.Diff(want, string(first.Bytes())); diff != "" {
		t.Error(diff)
	}
	got, more, err := parts.Next(t.Context())
	if err != nil || more || len(got) != 2 {
		t.Fatalf("%v %t %+v", err, more, got)
	}
	if string(got[0].Data) != `{"stock":5}` || string(execute.AppendPath(nil, got[0].Path)) != `["all",0]` || got[0].Label != "later" {
		t.Errorf("first part: %+v", got[0])
	}
	if string(got[1].Data) != "null" || len(got[1].Errors) != 1 {
		t.Errorf("second part: %+v", got[1])
	}
	if _, _, err := parts.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestExecuteIncremental_loses_no_error(t *testing.T) {
	t.Parallel()
	strict := deferredStock()
	strict.Shape.Fields[0].Object.Fields[1].Type = &plan.TypeShape{Name: "String", Leaf: plan.StringLeaf, NonNull: true}
	early := deferredStock()
	early.Fetches[1].Deferred = 0
	for _, c := range []struct {
		name            string
		plan            *plan.Plan
		products, stock string
		data, path      string // of the first part
		want            string // its errors
	}{
		{
			name: "that belongs to no object, of a part that applies nowhere", plan: strict,
			products: `{"data":{"products":[{"id":"1","name":null}]}}`, stock: `{"data":null,"errors":[{"message":"gone"}]}`,
			data: `{}`, path: `[]`, want: `gone ["all"]`,
		},
		{
			name: "that belongs to an object which is null", plan: strict,
			products: `{"data":{"products":[{"id":"1","name":null}]}}`,
			stock:    `{"data":{"_entities":[null]},"errors":[{"message":"gone","path":["_entities",0,"stock"]}]}`,
			data:     `{}`, path: `[]`, want: `gone []`,
		},
		{
			name: "that comes before the part whose field it is about", plan: early,
			products: `{"data":{"products":[{"id":"1","name":"a"}]}}`,
			stock:    `{"data":{"_entities":[{"stock":null}]},"errors":[{"message":"early","path":["_entities",0,"stock"]}]}`,
			data:     `null`, path: `["all",0]`, want: `early ["all",0,"stock"]`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program, err := execute.New(c.plan, execute.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s := &subgraphs{answers: map[string]string{"products": c.products, "stock": c.stock}}
			_, parts := program.ExecuteIncremental(t.Context(), &execute.Request{Client: s})
			defer parts.Close()
			got, _, err := parts.Next(t.Context())
			if err != nil || len(got) != 1 || string(got[0].Data) != c.data || string(execute.AppendPath(nil, got[0].Path)) != c.path {
				t.Fatalf("%v %+v", err, got)
			}
			if errs := got[0].Errors; len(errs) != 1 || errs[0].Message+" "+string(execute.AppendPath(nil, errs[0].Path)) != c.want {
				t.Errorf("%+v", errs)
			}
		})
	}
}

// blocked answers the first fetch and lets the others wait for their context.
type blocked struct{ *subgraphs }

func (b blocked) Do(ctx context.Context, req *upstream.Request) (*upstream.Response, error) {
	if req.Subgraph == "products" {
		return b.subgraphs.Do(ctx, req)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestClosePartsEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	program, err := execute.New(deferredStock(), execute.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := blocked{&subgraphs{answers: map[string]string{"products": `{"data":{"products":[{"id":"1"}]}}`}}}
	_, parts := program.ExecuteIncremental(t.Context(), &execute.Request{Client: s})
	parts.Close()
	if _, _, err := parts.Next(t.Context()); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestEventCompletesATriggersBody(t *testing.T) {
	t.Parallel()
	p := products()
	p.Kind = plan.Subscription
	p.Fetches[0].Kind = plan.Subscription
	program, err := execute.New(p, execute.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &subgraphs{answers: map[string]string{"stock": `{"data":{"_entities":[{"stock":5}]}}`}}
	req := &execute.Request{Client: s, Variables: execute.Variables{"first": []byte("1")}}
	trigger := program.Trigger(req)
	if trigger.Kind != upstream.Subscription || !json.Valid(trigger.Body) {
		t.Errorf("trigger: %+v", trigger)
	}
	for range 2 {
		resp := program.Event(t.Context(), req, []byte(`{"data":{"products":[{"id":"1","name":"n"}]}}`))
		want := `{"data":{"all":[{"__typename":"Product","name":"n","stock":5}]}}`
		if diff := cmp.Diff(want, string(resp.Bytes())); diff != "" {
			t.Error(diff)
		}
		resp.Release()
	}
	resp := program.Event(t.Context(), req, []byte(`{"data":`))
	if len(resp.Errors()) == 0 {
		t.Error("an invalid event is not reported")
	}
}
