package view

import (
	"context"

	"devportal.internal/graph/loader"
	"devportal.internal/subgraphs/catalog"
)

// siblings are the entities on one page, null where one may not be seen. What is loaded for one of them is loaded for
// all, so that the statements of a page do not depend on when its items get their turn.
type siblings struct {
	all []*catalog.Entity
}

// wish is a field that is wanted for the entities of a page: its name or its arguments, and its kind when only that has it.
type wish struct {
	of    *siblings
	kind  string
	field any
}

// expect tells a source what the entity and its siblings of every kind want of it.
func expect[K comparable, V any](
	ctx context.Context, v entity, source *loader.Source[K, V], field any, keys func(*catalog.Entity) []K,
) {
	expectOf(ctx, wish{of: v.siblings, field: field}, source, keys)
}

// expectOfKind tells a source what the entity and its siblings of the same kind want of it.
func expectOfKind[K comparable, V any](
	ctx context.Context, v entity, source *loader.Source[K, V], field any, keys func(*catalog.Entity) []K,
) {
	expectOf(ctx, wish{of: v.siblings, kind: v.e.Kind, field: field}, source, keys)
}

func expectOf[K comparable, V any](
	ctx context.Context, w wish, source *loader.Source[K, V], keys func(*catalog.Entity) []K,
) {
	if w.of == nil {
		return
	}
	source.Expect(ctx, w, func() (all []K) {
		for _, e := range w.of.all {
			if e != nil && (w.kind == "" || w.kind == e.Kind) {
				all = append(all, keys(e)...)
			}
		}
		return all
	})
}
