package conformance_test

import (
	"fmt"
	"testing"

	"devportal.internal/router/internal/cases"
)

// TestCases asks every operation of the cases over real HTTP and compares the data deeply, and how many requests the
// subgraphs got with the fewest that any other router needs.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, s := range cases.Suites(t) {
		t.Run(s.ID, func(t *testing.T) {
			t.Parallel()
			g := newGraph(t, s.Start(t))
			for i := range s.Tests {
				c := &s.Tests[i]
				t.Run(fmt.Sprintf("case %d", i), func(t *testing.T) {
					before := g.requests()
					body := g.answer(t, c.Query)
					c.Check(t, body)
					if n := g.requests() - before; n > c.BestFetches {
						t.Errorf("%d requests, best %d\n%s", n, c.BestFetches, g.plan)
					}
					if t.Failed() {
						t.Logf("%s\n%s\n%s", c.Query, body, g.plan)
					}
				})
			}
		})
	}
}
