package router_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"devportal.internal/router"
	"devportal.internal/router/upstream"
)

// BenchmarkRouter_one_fetch measures what the router adds to one subgraph's answer, without the network.
func BenchmarkRouter_one_fetch(b *testing.B) {
	answer := []byte(`{"data":{"product":{"__typename":"Product","id":"1","name":"product 1"}}}`)
	quick := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = w.Write(answer)
	})
	s := newShop(b, func(o *router.Options) { o.Subgraphs["products"] = upstream.Subgraph{Handler: quick} })
	body := post(`query Q($id: ID!) { product(id: $id) { id name } }`)
	body = strings.TrimSuffix(body, "}") + `,"variables":{"id":"1"}}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", jsonType)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got, _ := io.ReadAll(w.Body); !strings.Contains(string(got), "product 1") {
			b.Fatal(string(got))
		}
	}
}
