package router_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"devportal.internal/router"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

// moving is a router over a field that moves from subgraph a to subgraph b under a label. The caller's identity is the
// Authorization header.
func moving(t *testing.T, label string, change func(*router.Options)) func(identity string) string {
	t.Helper()
	serving := func(name string) *subgraph {
		return &subgraph{root: map[string]any{"__typename": "Query", "from": name}}
	}
	options := router.Options{
		Supergraph: composed(t, map[string]string{
			"a": `type Query { from: String }`,
			"b": `type Query { from: String @override(from: "a", label: "` + label + `") }`,
		}),
		Subgraphs: map[string]upstream.Subgraph{"a": {Handler: serving("a")}, "b": {Handler: serving("b")}},
		Authenticate: func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return ctx, transport.Caller{Identity: r.Header.Get("Authorization")}, nil
		},
	}
	if change != nil {
		change(&options)
	}
	r, err := router.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Shutdown(context.Background()) })
	return func(identity string) string {
		request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ from }"}`))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", identity)
		recorder := httptest.NewRecorder()
		r.ServeHTTP(recorder, request)
		var body struct{ Data struct{ From string } }
		if err := json.Unmarshal(recorder.Body.Bytes(), &body); err != nil {
			t.Fatal(err, recorder.Body)
		}
		return body.Data.From
	}
}

func TestOverrideByPercentMovesAboutThatShareOfCallersAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	few, more := moving(t, "percent(20)", nil), moving(t, "percent(50)", nil)
	moved, movedMore := 0, 0
	for i := range 500 {
		identity := fmt.Sprint("caller ", i)
		first := few(identity)
		if again := few(identity); again != first {
			t.Fatalf("%s is answered by %s, then by %s", identity, first, again)
		}
		second := more(identity)
		if first == "b" && second != "b" {
			t.Errorf("%s is moved at 20 percent, and not at 50", identity)
		}
		moved += strings.Count(first, "b")
		movedMore += strings.Count(second, "b")
	}
	if moved < 60 || moved > 140 || movedMore < 190 || movedMore > 310 {
		t.Errorf("of 500 callers %d are moved at 20 percent, %d at 50", moved, movedMore)
	}
}

func TestOverrideByPercentIsDecidedAnewForRequestsOfNobody(t *testing.T) {
	t.Parallel()
	places := []float64{0.05, 0.5, 0.19999, 0.2}
	ask := moving(t, "percent(20)", func(o *router.Options) {
		o.Random = func() float64 {
			at := places[0]
			places = places[1:]
			return at
		}
	})
	for _, want := range []string{"b", "a", "b", "a"} {
		if got := ask(""); got != want {
			t.Errorf("answered by %s, want %s", got, want)
		}
	}
}

func TestOverrideByCustomLabelAsksTheProductForEachCaller(t *testing.T) {
	t.Parallel()
	ask := moving(t, "beta", func(o *router.Options) {
		o.OverrideLabels = func(_ context.Context, caller transport.Caller, labels []string) []string {
			if !slices.Equal(labels, []string{"beta"}) {
				t.Errorf("asked for %q", labels)
			}
			if caller.Identity == "tester" {
				return []string{"beta", "unknown"}
			}
			return nil
		}
	})
	for identity, want := range map[string]string{"tester": "b", "other": "a", "": "a"} {
		if got := ask(identity); got != want {
			t.Errorf("%q is answered by %s, want %s", identity, got, want)
		}
	}
	if got := moving(t, "beta", nil)("tester"); got != "a" {
		t.Errorf("a label that nobody decides holds: answered by %s", got)
	}
}
