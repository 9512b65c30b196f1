package router

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"devportal.internal/router/internal/cache"
	"devportal.internal/router/plan"
	"devportal.internal/router/supergraph"
	"devportal.internal/router/transport"
)

// OverrideLabels says which of the custom labels of progressive overrides (@override with a label other than
// percent(x)) hold for a request: those that it returns. It is asked once a request, with the context that Authenticate
// returned and all custom labels of the supergraph, sorted. What it returns beside them is ignored.
type OverrideLabels func(ctx context.Context, caller transport.Caller, labels []string) []string

// keptPlanners is how many sets of active labels have a planner ready.
const keptPlanners = 32

// overrides decides progressive overrides (federation 2.7, @override(label:)) for a supergraph.
type overrides struct {
	schema  *supergraph.Schema
	options Options

	// custom are the labels that the embedding product decides, shares those of percent(x).
	custom []string
	shares []share

	planners *cache.Cache[*plan.Planner]
}

// share is a label percent(x).
type share struct {
	label   string
	percent float64
}

func newOverrides(schema *supergraph.Schema, options Options) *overrides {
	o := &overrides{schema: schema, options: options, planners: cache.New[*plan.Planner](keptPlanners, keptPlanners)}
	for _, label := range schema.OverrideLabels {
		if percent, ok := percentOf(label); ok {
			o.shares = append(o.shares, share{label, percent})
		} else {
			o.custom = append(o.custom, label)
		}
	}
	return o
}

// percentOf reads a label of the form percent(x).
func percentOf(label string) (float64, bool) {
	text, opened := strings.CutPrefix(label, "percent(")
	text, closed := strings.CutSuffix(text, ")")
	if !opened || !closed {
		return 0, false
	}
	percent, err := strconv.ParseFloat(text, 64)
	return percent, err == nil
}

// active are the labels that hold for a request, sorted.
func (o *overrides) active(ctx context.Context, caller transport.Caller) []string {
	var labels []string
	if len(o.custom) > 0 && o.options.OverrideLabels != nil {
		for _, label := range o.options.OverrideLabels(ctx, caller, slices.Clone(o.custom)) {
			if slices.Contains(o.custom, label) {
				labels = append(labels, label)
			}
		}
	}
	if len(o.shares) > 0 {
		at := o.placeOf(caller)
		for _, s := range o.shares {
			if at < s.percent {
				labels = append(labels, s.label)
			}
		}
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}

// placeOf is where a caller stands between 0 and 100: always at the same place for one identity, so that a caller's
// requests go one way, and those who are moved at 5 percent are still moved at 10. Who has no identity has a new place
// each time.
func (o *overrides) placeOf(caller transport.Caller) float64 {
	if caller.Identity == "" {
		return o.options.Random() * 100
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(caller.Identity))
	return float64(mix(hash.Sum64())>>11) / (1 << 53) * 100
}

// mix spreads the bits of a hash, as SplitMix64 does: FNV leaves those of short texts close together.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// planner is the planner under which just these labels hold.
func (o *overrides) planner(labels []string) *plan.Planner {
	key := strings.Join(labels, "\x00")
	if known, ok := o.planners.Find(key); ok {
		return known
	}
	made := plan.New(o.schema, plan.Options{Now: o.options.Now, OverrideLabels: labels})
	o.planners.Keep(key, made, 1)
	return made
}

func randomPlace() float64 { return rand.Float64() } //nolint:gosec // chooses who is moved, no secret
