package catalog

import "slices"

// Owners are all owners that the filter and the filters within it name.
func (f *EntityFilter) Owners() []string {
	if f == nil {
		return nil
	}
	owners := slices.Clone(f.Owner)
	for _, inner := range slices.Concat(f.All, f.Any) {
		owners = append(owners, inner.Owners()...)
	}
	return append(owners, f.Not.Owners()...)
}

// WithoutOwners gives the filter in which some owners own nothing. The filter itself stays as it is.
func (f *EntityFilter) WithoutOwners(hidden map[string]bool) *EntityFilter {
	if f == nil || len(hidden) == 0 {
		return f
	}
	without := *f
	if f.Owner != nil {
		without.Owner = slices.DeleteFunc(slices.Clone(f.Owner), func(owner string) bool { return hidden[owner] })
	}
	without.All, without.Any = withoutOwners(f.All, hidden), withoutOwners(f.Any, hidden)
	without.Not = f.Not.WithoutOwners(hidden)
	return &without
}

func withoutOwners(filters []*EntityFilter, hidden map[string]bool) []*EntityFilter {
	if filters == nil {
		return nil
	}
	out := make([]*EntityFilter, len(filters))
	for i, f := range filters {
		out[i] = f.WithoutOwners(hidden)
	}
	return out
}
