package supergraph_test

import (
	"testing"

	"pgregory.net/rapid"

	"devportal.internal/router/supergraph"
)

const universe = 130

func drawSet(t *rapid.T, label string) (supergraph.TypeSet, map[int]bool) {
	members := map[int]bool{}
	var set supergraph.TypeSet
	for _, i := range rapid.SliceOf(rapid.IntRange(0, universe-1)).Draw(t, label) {
		members[i] = true
		set = set.Or(supergraph.Single(i, universe))
	}
	return set, members
}

func TestTypeSetsAreSets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, mx := drawSet(t, "x")
		y, my := drawSet(t, "y")
		subset, meet := true, false
		for i := range universe {
			if x.Has(i) != mx[i] || x.And(y).Has(i) != (mx[i] && my[i]) || x.Or(y).Has(i) != (mx[i] || my[i]) ||
				x.Minus(y).Has(i) != (mx[i] && !my[i]) {
				t.Fatalf("wrong about %d", i)
			}
			subset, meet = subset && (!mx[i] || my[i]), meet || mx[i] && my[i]
		}
		if x.SubsetOf(y) != subset || x.Intersects(y) != meet || x.Len() != len(mx) || x.Empty() != (len(mx) == 0) {
			t.Fatal("wrong about the whole")
		}
		last := -1
		for i := range x.All() {
			if i <= last || !mx[i] {
				t.Fatal("does not ascend over its members")
			}
			last = i
		}
	})
}
