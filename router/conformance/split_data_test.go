package conformance_test

import (
	"fmt"
	"slices"
	"strings"

	"devportal.internal/router/internal/testsubgraph"
)

const objectsOfType = 3

// drawTable draws the data of a world: some objects of each entity type, referring to each other at random.
func (d *drawer) drawTable() *testsubgraph.Table {
	t := &testsubgraph.Table{Objects: map[string]testsubgraph.Object{}}
	for _, e := range d.w.entities {
		for n := range objectsOfType {
			id := fmt.Sprintf("%s-%d", e.name, n)
			o := testsubgraph.Object{
				"__typename": e.name, "id": id, "code": "code-" + id, "box": map[string]any{"x": "x-" + id, "y": "y-" + id},
			}
			for _, f := range e.fields {
				o[f.name] = d.fieldValue(f)
			}
			if e.isOf != nil {
				for _, f := range e.isOf.fields {
					o[f.name] = d.fieldValue(f)
				}
			}
			t.Objects[id] = o
		}
	}
	query := testsubgraph.Object{}
	for _, f := range d.w.roots {
		query[f.name] = d.fieldValue(f)
	}
	events := testsubgraph.Object{}
	for _, f := range d.w.subscriptions {
		list := []any{}
		for range d.int(1, 3) {
			list = append(list, d.fieldValue(f))
		}
		events[f.name] = list
	}
	t.Roots = map[string]testsubgraph.Object{"Query": query, "QueryRoot": query, "Subscription": events, "SubscriptionRoot": events}
	t.Subgraphs = d.w.overridden()
	return t
}

// overridden are errors where a subgraph is asked for what another has taken over, or has not taken over yet.
func (w *world) overridden() map[string]testsubgraph.Override {
	out := map[string]testsubgraph.Override{}
	for _, e := range w.entities {
		for _, f := range e.fields {
			notAsked := f.from
			if f.label != "" && !f.active {
				notAsked = f.homes
			}
			for _, s := range notAsked {
				name := fmt.Sprintf("s%d", s)
				if out[name].Objects == nil {
					out[name] = testsubgraph.Override{Objects: map[string]testsubgraph.Object{}}
				}
				for n := range objectsOfType {
					id := fmt.Sprintf("%s-%d", e.name, n)
					if out[name].Objects[id] == nil {
						out[name].Objects[id] = testsubgraph.Object{}
					}
					out[name].Objects[id][f.name] = map[string]any{"$error": "overridden"}
				}
			}
		}
	}
	return out
}

// mutationResolvers answer each mutation by how many there have been.
func (w *world) mutationResolvers(calls *int) map[string]testsubgraph.Resolver {
	out := map[string]testsubgraph.Resolver{}
	for _, f := range w.mutations {
		resolve := func(map[string]any) any {
			*calls++
			if e := w.entity(f.named); e != nil {
				return map[string]any{"$ref": fmt.Sprintf("%s-%d", e.name, *calls%objectsOfType)}
			}
			return *calls
		}
		out["Mutation."+f.name], out["MutationRoot."+f.name] = resolve, resolve
	}
	return out
}

// fieldValue depends on the argument of a field that has one.
func (d *drawer) fieldValue(f *field) any {
	if d.mayFail(f) && d.oneIn(30) {
		return map[string]any{"$error": "failed"}
	}
	if !f.argument {
		return d.valueOf(f.wrap, f.named)
	}
	is := map[string]any{}
	for _, n := range []string{"1", "2", "3", ""} {
		is[n] = d.valueOf(f.wrap, f.named)
	}
	if f.preset {
		is[""] = d.valueOf(f.wrap, f.named)
		is["2"] = is[""]
	}
	return map[string]any{"$by": "n", "is": is}
}

// mayFail says that an error of the field touches nothing but itself and what encloses it: a value that is needed to
// resolve others must not fail, nor be part of one that null propagates to.
func (d *drawer) mayFail(f *field) bool {
	if f.isNeeded {
		return false
	}
	return !strings.HasSuffix(f.wrap, "!") || !slices.ContainsFunc(d.w.entities, func(e *entityType) bool {
		return slices.ContainsFunc(e.fields, func(g *field) bool { return g.requires != "" })
	})
}

func (d *drawer) valueOf(wrap, named string) any {
	inner, nonNull := strings.CutSuffix(wrap, "!")
	if !nonNull && d.oneIn(6) {
		return nil
	}
	if items, ok := strings.CutPrefix(inner, "["); ok {
		list := []any{}
		for range d.int(0, 3) {
			list = append(list, d.valueOf(strings.TrimSuffix(items, "]"), named))
		}
		return list
	}
	return d.nonNull(named)
}

func (d *drawer) nonNull(named string) any {
	switch named {
	case "String":
		return pick(d, []string{"a", "b", "", "ü\"\\\n"})
	case "ID":
		return pick(d, []string{"1", "x"})
	case "Int":
		return pick(d, []int64{0, -1, 42, 1<<31 - 1})
	case "Boolean":
		return d.oneIn(2)
	case "Color":
		return pick(d, []string{"RED", "GREEN", "BLUE"})
	case "I":
		return d.reference(d.w.iface.members)
	case "U":
		return d.reference(d.w.union.members)
	}
	if named == "VI" || named == "VU" {
		named = pick(d, d.w.values).name
	}
	if v := d.w.value(named); v != nil {
		o := map[string]any{"__typename": v.name, "vi": d.valueOf("%s", "Int")}
		for _, f := range v.fields {
			o[f.name] = d.fieldValue(f)
		}
		return o
	}
	return d.reference([]*entityType{d.w.entity(named)})
}

func (d *drawer) reference(of []*entityType) any {
	return map[string]any{"$ref": fmt.Sprintf("%s-%d", pick(d, of).name, d.int(0, objectsOfType-1))}
}
