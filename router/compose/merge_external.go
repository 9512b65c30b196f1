package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// checkExternal holds the external sources against the merged field. It returns whether all sources have one type.
func (fm *fieldMerge) checkExternal(equal bool) bool {
	fm.checkExternalTypes(equal)
	for i, f := range fm.sources {
		if f == nil || !fm.graphs[i].isExternal(f) {
			continue
		}
		if f.Type.String() != fm.dest.Type.String() {
			equal = false
		}
	}
	for _, a := range fm.dest.Arguments {
		fm.checkExternalArgument(a)
	}
	return equal
}

func (fm *fieldMerge) eachExternal(visit func(g *graph, f *ast.FieldDefinition)) {
	for i, f := range fm.sources {
		if f != nil && fm.graphs[i].isExternal(f) {
			visit(fm.graphs[i], f)
		}
	}
}

// checkExternalTypes lets an external type be narrower only where the types that resolve the field differ as well.
func (fm *fieldMerge) checkExternalTypes(equal bool) {
	wrong := false
	fm.eachExternal(func(_ *graph, f *ast.FieldDefinition) {
		same := f.Type.String() == fm.dest.Type.String()
		wrong = wrong || !same && (equal || !fm.out.isSubtype(f.Type, fm.dest.Type))
	})
	if !wrong {
		return
	}
	var values, graphs []string
	for i, f := range fm.sources {
		if f != nil {
			values, graphs = append(values, `type "`+f.Type.String()+`"`), append(graphs, fm.graphs[i].name)
		}
	}
	fm.failOn(fm.coordinate(), federation.ErrExternalTypeMismatch, "Type of field %q is incompatible across subgraphs (where marked @external): it has %s",
		fm.coordinate(), distribution(values, graphs))
}

func (fm *fieldMerge) checkExternalArgument(want *ast.ArgumentDefinition) {
	of := fm.coordinate() + "(" + want.Name + ":)"
	var missing []string
	wrongType, wrongDefault := false, false
	fm.eachExternal(func(g *graph, f *ast.FieldDefinition) {
		a := f.Arguments.ForName(want.Name)
		if a == nil {
			missing = append(missing, g.name)
			return
		}
		wrongType = wrongType || !fm.out.isSubtype(want.Type, a.Type)
		wrongDefault = wrongDefault || !sameDefault(want.DefaultValue, a.DefaultValue)
	})
	if len(missing) > 0 {
		fm.failOn(fm.coordinate(), federation.ErrExternalArgumentMissing, "Field %q is missing argument %q in some subgraphs where it is marked @external: "+
			"argument %q is declared in %s but not in %s (where %q is @external).", fm.coordinate(), of, of,
			quotedGraphs(fm.graphsHavingArgument(want.Name)), quotedGraphs(missing), fm.coordinate())
	}
	if wrongType {
		fm.failOn(fm.coordinate(), federation.ErrExternalArgumentTypeMismatch, "Type of argument %q is incompatible across subgraphs (where %q is marked @external): it has %s",
			of, fm.coordinate(), fm.argumentDistribution(want.Name, func(a *ast.ArgumentDefinition) string { return `type "` + a.Type.String() + `"` }))
	}
	if wrongDefault {
		fm.failOn(fm.coordinate(), federation.ErrExternalArgumentDefaultMismatch, "Argument %q has incompatible defaults across subgraphs (where %q is marked @external): it has %s",
			of, fm.coordinate(), fm.argumentDistribution(want.Name, func(a *ast.ArgumentDefinition) string {
				if a.DefaultValue == nil {
					return "no default value"
				}
				return "default value " + federation.PrintValue(a.DefaultValue)
			}))
	}
}

func sameDefault(want, have *ast.Value) bool {
	if want == nil || have == nil {
		return want == nil && have == nil
	}
	return sameValue(want, have)
}

func (fm *fieldMerge) graphsHavingArgument(name string) []string {
	var names []string
	for i, f := range fm.sources {
		if f != nil && f.Arguments.ForName(name) != nil {
			names = append(names, fm.graphs[i].name)
		}
	}
	return names
}

func (fm *fieldMerge) argumentDistribution(name string, show func(*ast.ArgumentDefinition) string) string {
	var values, graphs []string
	for i, f := range fm.sources {
		if f == nil {
			continue
		}
		if a := f.Arguments.ForName(name); a != nil {
			values, graphs = append(values, show(a)), append(graphs, fm.graphs[i].name)
		}
	}
	return distribution(values, graphs)
}

// checkNothingMergedOnExternal reports directives that would be merged, were they not on an external field.
func (fm *fieldMerge) checkNothingMergedOnExternal(g *graph, f *ast.FieldDefinition) {
	on := slices.Clone(f.Directives)
	for _, a := range f.Arguments {
		on = append(on, a.Directives...)
	}
	for _, d := range on {
		if !fm.isMergedDirective(g, d.Name) {
			continue
		}
		fm.failAt(federation.ErrMergedDirectiveApplicationOnExternal, g, d.Position,
			"Cannot apply merged directive %s to external field %q", printDirective(d), fm.coordinate())
	}
}
