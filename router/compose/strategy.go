package compose

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// strategy says how the arguments of a directive merge that several graphs apply differently.
type strategy []argumentStrategy

type argumentStrategy struct {
	argument, name string
	merge          func(a, b *ast.Value) *ast.Value
	otherwise      *ast.Value // where no application gives the argument
}

// argumentStrategies has the directives that merge by argument. Access control merges to what satisfies every graph.
func argumentStrategies() map[federation.DirectiveName]strategy {
	return map[federation.DirectiveName]strategy{
		federation.RequiresScopes: {{"scopes", "DNF_CONJUNCTION", conjunction, nil}},
		federation.Policy:         {{"policies", "DNF_CONJUNCTION", conjunction, nil}},
		federation.Cost:           {{"weight", "MAX", larger, nil}},
		federation.ListSize: {
			{"assumedSize", "NULLABLE_MAX", larger, nil},
			{"slicingArguments", "NULLABLE_UNION", union, nil},
			{"sizedFields", "NULLABLE_UNION", union, nil},
			{"requireOneSlicingArgument", "NULLABLE_AND", both, flag(true)},
		},
	}
}

// String describes the strategy for hints.
func (s strategy) String() string {
	parts := make([]string, len(s))
	for i, a := range s {
		parts[i] = strconv.Quote(a.argument) + ": " + a.name
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

func (s strategy) merge(name string, applications []*ast.Directive) *ast.Directive {
	merged := &ast.Directive{Name: name}
	for _, a := range s {
		var value *ast.Value
		for _, d := range applications {
			if given := d.Arguments.ForName(a.argument); given != nil {
				value = mergeNullable(value, given.Value, a.merge)
			}
		}
		if value == nil {
			value = a.otherwise
		}
		if value != nil {
			merged.Arguments = append(merged.Arguments, &ast.Argument{Name: a.argument, Value: value})
		}
	}
	return merged
}

func mergeNullable(a, b *ast.Value, merge func(a, b *ast.Value) *ast.Value) *ast.Value {
	switch {
	case a == nil || a.Kind == ast.NullValue:
		return b
	case b == nil || b.Kind == ast.NullValue:
		return a
	}
	return merge(a, b)
}

func larger(a, b *ast.Value) *ast.Value {
	x, _ := strconv.ParseInt(a.Raw, 10, 64)
	y, _ := strconv.ParseInt(b.Raw, 10, 64)
	if y > x {
		return b
	}
	return a
}

func both(a, b *ast.Value) *ast.Value {
	if a.Raw == "true" {
		return b
	}
	return a
}

func union(a, b *ast.Value) *ast.Value {
	merged := list(items(a)...)
	for _, item := range items(b) {
		if !slices.ContainsFunc(items(merged), func(o *ast.Value) bool { return sameValue(o, item) }) {
			merged.Children = append(merged.Children, &ast.ChildValue{Value: item})
		}
	}
	return merged
}

// items are the members of a list; a lone value is a list of one.
func items(v *ast.Value) []*ast.Value {
	if v == nil {
		return nil
	}
	if v.Kind != ast.ListValue {
		return []*ast.Value{v}
	}
	out := make([]*ast.Value, len(v.Children))
	for i, c := range v.Children {
		out[i] = c.Value
	}
	return out
}

// conjunction is the AND of two ORs of ANDs, without alternatives that another one already satisfies.
func conjunction(a, b *ast.Value) *ast.Value {
	var alternatives [][]string
	for _, x := range dnf(a) {
		for _, y := range dnf(b) {
			both := append(slices.Clone(x), y...)
			slices.Sort(both)
			alternatives = append(alternatives, slices.Compact(both))
		}
	}
	return dnfValue(minimal(alternatives))
}

func dnf(v *ast.Value) [][]string {
	var out [][]string
	for _, alternative := range items(v) {
		var terms []string
		for _, term := range items(alternative) {
			terms = append(terms, term.Raw)
		}
		slices.Sort(terms)
		out = append(out, slices.Compact(terms))
	}
	return out
}

// maxAlternatives bounds a conjunction's size.
const maxAlternatives = 1000

// minimal sorts alternatives and drops those that contain another.
func minimal(alternatives [][]string) [][]string {
	slices.SortFunc(alternatives, func(a, b []string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b))
	})
	var kept [][]string
	for _, candidate := range alternatives {
		implied := slices.ContainsFunc(kept, func(k []string) bool { return containsAll(candidate, k) })
		if !implied && len(kept) < maxAlternatives {
			kept = append(kept, candidate)
		}
	}
	slices.SortFunc(kept, slices.Compare)
	return kept
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

func dnfValue(alternatives [][]string) *ast.Value {
	outer := list()
	for _, terms := range alternatives {
		inner := list()
		for _, term := range terms {
			inner.Children = append(inner.Children, &ast.ChildValue{Value: text(term)})
		}
		outer.Children = append(outer.Children, &ast.ChildValue{Value: inner})
	}
	return outer
}
