package plan

import (
	"cmp"
	"slices"
)

// request is one fetch of the plan: a root draft, or entity drafts that go to one subgraph at one time.
type request struct {
	drafts []*draft
	level  int
	order  int
}

// mergeRequests joins entity drafts to one subgraph that can be sent together:
//
//  1. every draft gets the earliest stage that its needs allow;
//  2. drafts to one subgraph at one stage are joined;
//  3. a request is joined with a later one to the same subgraph if it can wait for it without adding a stage.
//
// The result is in topological order.
func mergeRequests(drafts []*draft) []*request {
	m := &merger{of: map[*draft]*request{}}
	for _, d := range drafts {
		r := &request{drafts: []*draft{d}, order: d.id}
		m.of[d] = r
		m.requests = append(m.requests, r)
	}
	m.level()
	m.joinStages()
	m.joinLater()
	m.level()
	slices.SortStableFunc(m.requests, func(x, y *request) int {
		return cmp.Or(cmp.Compare(x.level, y.level), cmp.Compare(x.order, y.order))
	})
	return m.requests
}

// merger carries the state of mergeRequests.
type merger struct {
	requests []*request
	of       map[*draft]*request
}

// needs are the requests that a request waits for.
func (m *merger) needs(r *request) []*request {
	var list []*request
	for _, d := range r.drafts {
		for _, dep := range d.deps {
			if other := m.of[dep]; other != r && !slices.Contains(list, other) {
				list = append(list, other)
			}
		}
	}
	return list
}

// level computes every request's earliest stage and reports how many stages there are; -1 of a cycle.
func (m *merger) level() int {
	for _, r := range m.requests {
		r.level = -1
	}
	stages := 0
	for _, r := range m.requests {
		l := m.levelOf(r)
		if l < 0 {
			return -1
		}
		stages = max(stages, l+1)
	}
	return stages
}

const visiting = -2

func (m *merger) levelOf(r *request) int {
	if r.level != -1 {
		return r.level
	}
	r.level = visiting
	level := 0
	for _, need := range m.needs(r) {
		l := m.levelOf(need)
		if l < 0 {
			r.level = -1
			return visiting
		}
		level = max(level, l+1)
	}
	r.level = level
	return level
}

func joinable(x, y *request) bool {
	a, b := x.drafts[0], y.drafts[0]
	return a.entity && b.entity && a.sub == b.sub && a.defers == b.defers
}

func (m *merger) joinStages() {
	for i := 0; i < len(m.requests); i++ {
		for j := i + 1; j < len(m.requests); j++ {
			if x, y := m.requests[i], m.requests[j]; x.level == y.level && joinable(x, y) {
				m.join(x, j)
				j--
			}
		}
	}
}

// join adds the drafts of the request at a place to another.
func (m *merger) join(into *request, at int) {
	from := m.requests[at]
	into.drafts = append(into.drafts, from.drafts...)
	for _, d := range from.drafts {
		m.of[d] = into
	}
	m.requests = slices.Delete(m.requests, at, at+1)
}

// maxJoinLater bounds the pairs that joinLater looks at.
const maxJoinLater = 60

func (m *merger) joinLater() {
	if len(m.requests) > maxJoinLater {
		return
	}
	stages := m.level()
	for i := 0; i < len(m.requests); i++ {
		for j := 0; j < len(m.requests); j++ {
			x, y := m.requests[i], m.requests[j]
			if i == j || x.level < 0 || x.level >= y.level || !joinable(x, y) {
				continue
			}
			if m.tryJoin(x, y, stages) {
				i = -1
				break
			}
			m.level()
		}
	}
}

// tryJoin moves the drafts of x to y if that makes no cycle and no stage more.
func (m *merger) tryJoin(x, y *request, stages int) bool {
	if slices.Contains(m.needs(y), x) {
		return false
	}
	before := y.drafts
	y.drafts = append(slices.Clone(y.drafts), x.drafts...)
	for _, d := range x.drafts {
		m.of[d] = y
	}
	at := slices.Index(m.requests, x)
	rest := slices.Delete(slices.Clone(m.requests), at, at+1)
	all := m.requests
	m.requests = rest
	if l := m.level(); l >= 0 && l <= stages {
		y.order = min(y.order, x.order)
		return true
	}
	m.requests, y.drafts = all, before
	for _, d := range x.drafts {
		m.of[d] = x
	}
	return false
}

// costOf weighs a plan: requests first, then stages, then entity calls and fields.
func costOf(requests []*request) int {
	cost, stages := 0, 0
	for _, r := range requests {
		cost += fetchCost
		stages = max(stages, r.level+1)
		for _, d := range r.drafts {
			cost += 5 + min(d.node.size(), 20)
		}
	}
	return cost + stages*100
}

func (n *node) size() int {
	size := len(n.fields)
	for _, field := range n.fields {
		if field.external {
			size += 2
		}
		if field.child != nil {
			size += field.child.size()
		}
	}
	return size
}
