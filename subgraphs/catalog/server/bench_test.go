package server_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
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

// copies repeats the examples from one number up to, and without, another. One in ten is restricted.
const copies = `
INSERT INTO catalog.entities SELECT (jsonb_populate_record(e, jsonb_build_object(
	'id', 'bulk-' || n || '-' || e.id, 'name', e.name || '-' || n, 'ref', e.ref || '-' || n,
	'labels', e.labels || CASE WHEN n % 10 = 0 THEN '{"visibility": "restricted"}' ELSE '{}' END::jsonb))).*
FROM generate_series($1::int, $2::int - 1) AS n CROSS JOIN catalog.entities e WHERE e.id NOT LIKE 'bulk-%'`

// enlarge makes the catalog have at least as many entities.
func (w *world) enlarge(entities int) {
	w.t.Helper()
	const step = 100
	for n, made := 0, int64(0); made < int64(entities); n += step {
		tag, err := w.pool.Exec(w.t.Context(), copies, n, n+step)
		if err != nil {
			w.t.Fatal(err)
		}
		made += tag.RowsAffected()
	}
	if _, err := w.pool.Exec(w.t.Context(), "ANALYZE catalog.entities"); err != nil {
		w.t.Fatal(err)
	}
}

// BenchmarkListUnderPolicies asks for filtered lists of 100,000 entities in turn as an admin, whom no policy restricts, and
// as a viewer, who sees nine in ten; it reports the 95th percentile of both, and their ratio.
func BenchmarkListUnderPolicies(b *testing.B) {
	w := start(b, examples(b), "catalog-info.yaml")
	w.enlarge(100_000)
	const page = `first: 20) { pageInfo { hasNextPage endCursor } nodes { ref kind owner { ref } } } }`
	for name, document := range map[string]string{
		"kind_and_lifecycle": `{ entities(filter: {kind: "component", lifecycle: "production"}, ` + page,
		"type":               `{ entities(filter: {type: "service"}, ` + page,
		"owner":              `{ entities(filter: {owner: "group:default/checkout-team"}, ` + page,
		"tag":                `{ entities(filter: {tags: "tier-1"}, ` + page,
		"counted":            strings.Replace(`{ entities(filter: {kind: "component"}, `+page, "{ pageInfo", "{ totalCount pageInfo", 1),
	} {
		b.Run(name, func(b *testing.B) {
			took := map[string][]time.Duration{}
			for b.Loop() {
				for _, role := range []string{"admin", "viewer"} {
					began := time.Now()
					w.as = role
					w.ask(document, nil)
					took[role] = append(took[role], time.Since(began))
				}
			}
			percentile := func(role string) float64 {
				slices.Sort(took[role])
				return float64(took[role][len(took[role])*95/100].Microseconds())
			}
			b.ReportMetric(percentile("admin"), "p95-µs-unrestricted")
			b.ReportMetric(percentile("viewer"), "p95-µs-restricted")
			b.ReportMetric(percentile("viewer")/percentile("admin"), "ratio")
		})
	}
}
