package plan_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"devportal.internal/router/operation"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
)

func TestSpeed(t *testing.T) {
	var times []time.Duration
	worst := map[time.Duration]string{}
	for _, s := range load(t) {
		sdl, _ := os.ReadFile(filepath.Join("/tmp/sg", s.ID+".graphql"))
		schema, _ := supergraph.Load(string(sdl))
		planner := plan.New(schema, plan.Options{})
		for _, c := range s.Tests {
			doc, err := operation.Parse(schema, c.Query, operation.Options{})
			if err != nil {
				continue
			}
			op, _ := doc.Operation("")
			vars, _ := op.CoerceVariables(nil)
			n, _ := op.Normalise(vars)
			for range 5 {
				start := time.Now()
				planner.Plan(context.Background(), n)
				d := time.Since(start)
				times = append(times, d)
				worst[d] = s.ID + c.Query
			}
		}
	}
	slices.Sort(times)
	t.Log(times[len(times)/2], times[len(times)*99/100], times[len(times)-1])
	t.Log(worst[times[len(times)-1]], worst[times[len(times)-8]])
}
