package plan

import (
	"slices"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// estimateKey names an estimate: selections, and the subgraph's type that they are asked of.
type estimateKey struct {
	first *operation.Field
	sub   int
	view  string
}

// estimate guesses how many further fetches selections need when a subgraph returned the object: what it lacks is
// covered greedily by the subgraphs that have most of it. It orders options only; the search corrects it.
func (b *builder) estimate(
	fields []*operation.Field, sub *supergraph.Subgraph, view *supergraph.Type, provided supergraph.FieldSet,
) int {
	if len(fields) == 0 {
		return 0
	}
	key := estimateKey{fields[0], sub.Index, view.Name}
	if len(provided) == 0 {
		if known, ok := b.estimates[key]; ok {
			return known
		}
		b.estimates[key] = 0
	}
	b.step()
	total := 0
	var missing []*operation.Field
	for _, field := range fields {
		cost, local := b.estimateField(field, sub, view, provided)
		if !local {
			missing = append(missing, field)
		}
		total += cost
	}
	total += b.cover(missing, sub, view)
	if len(provided) == 0 {
		b.estimates[key] = total
	}
	return total
}

// estimateField is the estimate below a field, and whether the subgraph resolves it itself for all types.
func (b *builder) estimateField(
	field *operation.Field, sub *supergraph.Subgraph, view *supergraph.Type, provided supergraph.FieldSet,
) (int, bool) {
	e := &entry{sub: sub, view: view, types: view.Possible, provided: provided}
	if field.Name == "__typename" {
		return 0, !e.blind() || view.Possible.Len() == 1
	}
	types := view.Possible
	if field.Types != nil {
		types = types.And(field.Types)
		if e.blind() && types.Len() < view.Possible.Len() {
			return 0, false
		}
	}
	for object := range types.All() {
		if !b.resolvesLocally(e, object, field.Name) {
			return 0, false
		}
	}
	if types.Empty() || len(field.Fields) == 0 {
		return 0, true
	}
	f := b.fieldIn(e, types.First(), field.Name)
	child := sub.Types[f.Type.Name()]
	if child == nil {
		return 0, true
	}
	below := slices.Clone(f.Provides)
	for _, p := range provided {
		if p.Name == field.Name {
			below = append(below, p.Sub...)
		}
	}
	return b.estimate(field.Fields, sub, child, below), true
}

// cover counts the subgraphs that it takes to get the missing fields.
func (b *builder) cover(missing []*operation.Field, from *supergraph.Subgraph, view *supergraph.Type) int {
	total := 0
	for len(missing) > 0 {
		best, most := (*supergraph.Subgraph)(nil), 0
		for _, sub := range b.know.schema.Subgraphs {
			if n := b.countCovered(missing, sub, view); n > most {
				best, most = sub, n
			}
		}
		if best == nil {
			return total + len(missing)
		}
		total++
		missing = slices.DeleteFunc(missing, func(field *operation.Field) bool {
			r, ok := b.covers(field, best, view)
			if ok && len(field.Fields) > 0 {
				if child := best.Types[r.field.Type.Name()]; child != nil {
					total += b.estimate(field.Fields, best, child, r.field.Provides)
				}
			}
			return ok
		})
	}
	return total
}

func (b *builder) countCovered(missing []*operation.Field, sub *supergraph.Subgraph, view *supergraph.Type) int {
	n := 0
	for _, field := range missing {
		if _, ok := b.covers(field, sub, view); ok {
			n++
		}
	}
	return n
}

func (b *builder) covers(field *operation.Field, sub *supergraph.Subgraph, view *supergraph.Type) (resolver, bool) {
	types := view.Possible
	if field.Types != nil {
		types = types.And(field.Types)
	}
	object := types.First()
	if object < 0 {
		return resolver{}, true
	}
	if field.Name == "__typename" {
		return resolver{sub: sub, field: &supergraph.Field{Type: field.Definition.Type}}, sub.Types[b.know.schema.Objects[object]] != nil
	}
	return b.know.in(object, field.Name, sub)
}
