package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkList asks for a page of twenty with owners and a count, fifty at a time, as the router does.
func BenchmarkList(b *testing.B) {
	benchmark(b, `{"query": "{ catalogCursor entities(first: 20) { totalCount pageInfo { hasNextPage endCursor } nodes { ref kind owner { ref } } } }"}`)
}

// BenchmarkEntity asks for one component and what it is related to.
func BenchmarkEntity(b *testing.B) {
	benchmark(b, `{"query": "{ entity(ref: \"component:default/checkout\") { id ref kind title owner { id ref title } ... on Component { system { ref domain { ref } } providesApis(first: 10) { nodes { ref operations(first: 5) { nodes { name } } } } dependsOn(first: 10) { totalCount nodes { ref kind } } } } }"}`)
}

func benchmark(b *testing.B, body string) {
	w := start(b, examples(b), "catalog-info.yaml")
	b.SetParallelism(25)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Test-Role", "admin")
			recorder := httptest.NewRecorder()
			w.handler.ServeHTTP(recorder, r)
			if recorder.Code != http.StatusOK || strings.Contains(recorder.Body.String(), `"errors"`) {
				b.Fatalf("status %d: %s", recorder.Code, recorder.Body)
			}
		}
	})
}
