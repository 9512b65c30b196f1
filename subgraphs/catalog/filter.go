package catalog

import (
	"devportal.internal/internal/fault"
)

// EntityFilter says which entities to give. All that is said must hold; of a list of values, one suffices, except that
// all tags and labels must be there. Case does not matter. The zero value holds for every entity.
type EntityFilter struct {
	Kind      []string
	Namespace []string
	Owner     []string
	Type      []string
	Lifecycle []string
	Tags      []string
	Labels    []*KeyValueInput
	All       []*EntityFilter
	Any       []*EntityFilter
	Not       *EntityFilter
}

// KeyValueInput is a key, and the value that it must have; any value when none is given.
type KeyValueInput struct {
	Key   string
	Value *string
}

// CodeFilterTooLarge is the code of the fault that a filter out of bounds causes.
const CodeFilterTooLarge = "FILTER_TOO_LARGE"

// Bounds of a filter.
const (
	maxFilterDepth  = 8
	maxFilterNodes  = 100
	maxFilterValues = 1000
)

// Check refuses a filter that is out of bounds. Stores check what they are given; the nil filter is fine.
func (f *EntityFilter) Check() error {
	budget := filterBudget{nodes: maxFilterNodes, values: maxFilterValues}
	if !budget.takes(f, maxFilterDepth) {
		return fault.Invalid("catalog.EntityFilter",
			"the filter is too large: at most %d levels, %d filters and %d values", maxFilterDepth, maxFilterNodes, maxFilterValues).
			WithCode(CodeFilterTooLarge)
	}
	return nil
}

type filterBudget struct {
	nodes, values int
}

func (b *filterBudget) takes(f *EntityFilter, depth int) bool {
	if f == nil {
		return true
	}
	b.nodes--
	b.values -= len(f.Kind) + len(f.Namespace) + len(f.Owner) + len(f.Type) + len(f.Lifecycle) + len(f.Tags) + len(f.Labels)
	if depth == 0 || b.nodes < 0 || b.values < 0 || !b.takes(f.Not, depth-1) {
		return false
	}
	for _, group := range [][]*EntityFilter{f.All, f.Any} {
		for _, inner := range group {
			if !b.takes(inner, depth-1) {
				return false
			}
		}
	}
	return true
}
