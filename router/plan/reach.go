package plan

import (
	"devportal.internal/router/supergraph"
)

// unreachable is the cost of a move that cannot be made; farKey that of a key whose cost is a cycle.
const (
	unreachable = 1 << 20
	farKey      = 100
)

// reachTable says how many fetches it takes to get from one subgraph to another for an object of one type. Without costs,
// the type has no key, and nothing leads anywhere.
type reachTable struct {
	n    int
	cost []int32
}

func (r *reachTable) at(from, to int) int {
	switch {
	case r.cost != nil:
		return int(r.cost[from*r.n+to])
	case from == to:
		return 0
	}
	return unreachable
}

// reachOf is the table of an object type.
func (k *knowledge) reachOf(object int) *reachTable { return k.reach[object] }

// computeReach fills in all tables, in the order of the types: their values may depend on it where keys need each other.
func (k *knowledge) computeReach() {
	k.reach = make([]*reachTable, len(k.schema.Objects))
	k.reaching = make([]bool, len(k.schema.Objects))
	for object := range k.schema.Objects {
		k.reachInto(object)
	}
}

// reachInto computes a table by relaxation: a subgraph is one fetch further than the dearest of what its cheapest key
// needs. Tables of types that keys lead through are computed on the way; it is nil for a cycle among them.
func (k *knowledge) reachInto(object int) *reachTable {
	if k.reach[object] != nil || k.reaching[object] {
		return k.reach[object]
	}
	k.reaching[object] = true
	n := len(k.schema.Subgraphs)
	table := &reachTable{n: n}
	if k.keys[object] {
		table.cost = make([]int32, n*n)
		k.relax(object, table)
	}
	k.reach[object], k.reaching[object] = table, false
	return table
}

func (k *knowledge) relax(object int, table *reachTable) {
	for i := range table.cost {
		table.cost[i] = unreachable
	}
	known := k.knowing(object)
	for _, sub := range known {
		table.cost[sub.Index*table.n+sub.Index] = 0
	}
	for changed := true; changed; {
		changed = false
		for _, from := range known {
			for _, to := range known {
				if cost := k.moveCost(object, table, from, to); cost < table.at(from.Index, to.Index) {
					table.cost[from.Index*table.n+to.Index] = int32(cost) //nolint:gosec // below unreachable
					changed = true
				}
			}
		}
	}
}

// knowing are the subgraphs that know objects of a type, by whatever view.
func (k *knowledge) knowing(object int) []*supergraph.Subgraph {
	var list []*supergraph.Subgraph
	for _, sub := range k.schema.Subgraphs {
		if len(k.views(sub, k.schema.Objects[object])) > 0 {
			list = append(list, sub)
		}
	}
	return list
}

func (k *knowledge) moveCost(object int, table *reachTable, from, to *supergraph.Subgraph) int {
	best := unreachable
	for _, view := range k.views(to, k.schema.Objects[object]) {
		for _, key := range view.Keys {
			if key.Resolvable {
				best = min(best, 1+k.setCost(object, table, from, key.Fields))
			}
		}
	}
	return best
}

func (k *knowledge) setCost(object int, table *reachTable, from *supergraph.Subgraph, set supergraph.FieldSet) int {
	total := 0
	for _, field := range set {
		if field.Types != nil && !field.Types.Has(object) || field.Name == "__typename" {
			continue
		}
		best := unreachable
		for _, r := range k.of(object, field.Name) {
			cost := table.at(from.Index, r.sub.Index)
			if r.field.NeedsMore() {
				cost += 2
			}
			if cost < best && len(field.Sub) > 0 {
				cost += k.nestedCost(r, field.Sub)
			}
			best = min(best, cost)
		}
		if total += best; total >= unreachable {
			return unreachable
		}
	}
	return total
}

func (k *knowledge) nestedCost(r resolver, set supergraph.FieldSet) int {
	worst := 0
	view := r.sub.Types[r.field.Type.Name()]
	if view == nil {
		return unreachable
	}
	for object := range view.Possible.All() {
		table := k.reachInto(object)
		if table == nil {
			return farKey
		}
		worst = max(worst, k.setCost(object, table, r.sub, set))
	}
	return worst
}
