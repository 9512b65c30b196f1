package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// resolver is a graph that resolves a field, perhaps through a field of an interface object.
type resolver struct {
	index int
	field *ast.FieldDefinition
	via   string
}

// checkSharing reports a field that several graphs resolve although not all of them mark it @shareable.
func (fm *fieldMerge) checkSharing() {
	var all, fixed []resolver
	for _, r := range fm.resolvers() {
		g := fm.graphs[r.index]
		if g.IsFullyExternal(r.field) {
			continue
		}
		all = append(all, r)
		if !g.IsShareable(r.field) {
			fixed = append(fixed, r)
		}
	}
	if len(fixed) == 0 || len(all) < 2 || fm.isMigrating(all) {
		return
	}
	where := "all of them"
	if len(fixed) < len(all) {
		where = fm.resolverNames(fixed)
	}
	fm.failOn(fm.coordinate(), federation.ErrInvalidFieldSharing,
		"Non-shareable field %q is resolved from multiple subgraphs: it is resolved from %s and defined as non-shareable in %s%s",
		fm.coordinate(), fm.resolverNames(all), where, fm.overrideHint(fixed))
}

func (fm *fieldMerge) resolvers() []resolver {
	var all []resolver
	for i, f := range fm.sources {
		o := fm.overridden[i]
		switch {
		case f == nil:
			all = append(all, fm.interfaceObjectResolvers(i)...)
		case o.label != "" || !o.used && !o.unused:
			all = append(all, resolver{index: i, field: f})
		}
	}
	return all
}

// isMigrating reports whether the only two graphs are the sides of a progressive override.
func (fm *fieldMerge) isMigrating(all []resolver) bool {
	if len(all) != 2 {
		return false
	}
	for _, r := range all {
		if fm.overridden[r.index].label == "" {
			return false
		}
	}
	return true
}

func (fm *fieldMerge) resolverNames(list []resolver) string {
	names := make([]string, len(list))
	suffix := ""
	for i, r := range list {
		names[i] = fm.graphs[r.index].name
		if r.via != "" {
			suffix += ` (subgraph "` + names[i] + `" through @interfaceObject field "` + r.via + `.` + fm.name + `")`
		}
	}
	return quotedGraphs(names) + suffix
}

// overrideHint explains an @override that names no subgraph.
func (fm *fieldMerge) overrideHint(fixed []resolver) string {
	for _, r := range fixed {
		d := fm.overrideOn(r.index, r.field)
		if d == nil {
			continue
		}
		from, _ := federation.StringArg(d, "from")
		for _, g := range fm.graphs {
			if g.name == from {
				return ""
			}
		}
		return ` (please note that "` + fm.coordinate() + `" has an @override directive in ` + quotedGraphs([]string{fm.graphs[r.index].name}) +
			` that targets an unknown subgraph so this could be due to misspelling the @override(from:) argument.` + fm.didYouMeanGraph(from, "") + `)`
	}
	return ""
}
