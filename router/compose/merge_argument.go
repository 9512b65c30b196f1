package compose

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// mergeArguments keeps the arguments that every source has.
func (fm *fieldMerge) mergeArguments(sources []*ast.FieldDefinition) {
	for _, name := range argumentNames(sources) {
		if !fm.keepArgument(sources, name) {
			continue
		}
		lists := make([]*ast.ArgumentDefinition, len(sources))
		for i, f := range sources {
			if f != nil {
				lists[i] = f.Arguments.ForName(name)
			}
		}
		of := fm.coordinate() + "(" + name + ":)"
		fm.dest.Arguments = append(fm.dest.Arguments, fm.mergeArgument(name, of, lists))
	}
}

func argumentNames(sources []*ast.FieldDefinition) []string {
	var names []string
	seen := map[string]bool{}
	for _, f := range sources {
		if f == nil {
			continue
		}
		for _, a := range f.Arguments {
			if !seen[a.Name] {
				seen[a.Name] = true
				names = append(names, a.Name)
			}
		}
	}
	return names
}

// keepArgument reports whether an argument is part of the API: all sources have it, and none sets it from a context.
func (fm *fieldMerge) keepArgument(sources []*ast.FieldDefinition, name string) bool {
	var having, missing []string
	required, contextual := false, false
	for i, f := range sources {
		if f == nil {
			continue
		}
		a := f.Arguments.ForName(name)
		if a == nil {
			missing = append(missing, fm.graphs[i].name)
			continue
		}
		contextual = contextual || fm.graphs[i].Has(federation.FromContext, a.Directives)
		required = required || a.Type.NonNull && a.DefaultValue == nil && !contextual
		having = append(having, fm.graphs[i].name)
	}
	if contextual {
		fm.checkContextual(sources, name)
		return false
	}
	if len(missing) == 0 {
		return true
	}
	of := fm.coordinate() + "(" + name + ":)"
	if required {
		fm.failOn(of, federation.ErrRequiredArgumentMissingInSomeSubgraph,
			"Argument %q is required in some subgraphs but does not appear in all subgraphs: it is required in %s but does not appear in %s",
			of, quotedGraphs(having), quotedGraphs(missing))
		return false
	}
	fm.hintOn(of, HintInconsistentArgumentPresence, "Optional argument %q will not be included in the supergraph as it does not appear in "+
		"all subgraphs: it is defined in %s but not in %s.", of, quotedGraphs(having), quotedGraphs(missing))
	return false
}

// mergeArgument merges an argument that all sources of its field or directive have.
func (m *merger) mergeArgument(name, of string, sources []*ast.ArgumentDefinition) *ast.ArgumentDefinition {
	types := make([]*ast.Type, len(sources))
	defaults := make([]*ast.Value, len(sources))
	present := make([]bool, len(sources))
	descriptions := make([]*string, len(sources))
	applied := make([]ast.DirectiveList, len(sources))
	for i, a := range sources {
		if a != nil {
			types[i], defaults[i], present[i] = a.Type, a.DefaultValue, true
			descriptions[i], applied[i] = &a.Description, a.Directives
		}
	}
	dest := &ast.ArgumentDefinition{Name: name}
	dest.Description = m.mergeDescription(descriptions, `element "`+of+`"`, of)
	dest.Type, _ = m.mergeType(types, typeMerge{
		what: "argument", coordinate: of, graphs: m.graphs, input: true,
		mismatch: federation.ErrFieldArgumentTypeMismatch, compatible: HintInconsistentButCompatibleArgumentType,
	})
	m.noteInputEnum(dest.Type, of)
	dest.DefaultValue = m.mergeDefault(defaults, present, defaultMerge{
		what: "Argument", coordinate: of, mismatch: federation.ErrFieldArgumentDefaultMismatch,
	})
	m.mergeApplied(&dest.Directives, applied, coordinate{name: of, kind: locationArgument})
	return dest
}

// defaultMerge says whose default value is merged, for messages.
type defaultMerge struct {
	what, coordinate string
	mismatch         federation.Code
}

// mergeDefault keeps a default value only where all sources have it.
func (m *merger) mergeDefault(sources []*ast.Value, present []bool, dm defaultMerge) *ast.Value {
	var first *ast.Value
	var values, graphs []string
	inconsistent, mismatch := false, false
	for i, v := range sources {
		if !present[i] {
			continue
		}
		if v == nil {
			inconsistent = true
			values, graphs = append(values, "no default value"), append(graphs, m.graphs[i].name)
			continue
		}
		values, graphs = append(values, "default value "+federation.PrintValue(v)), append(graphs, m.graphs[i].name)
		if first == nil {
			first = v
		} else if !sameValue(first, v) {
			mismatch = true
		}
	}
	switch {
	case first == nil:
		return nil
	case mismatch:
		m.failOn(dm.coordinate, dm.mismatch, "%s %q has incompatible default values across subgraphs: it has %s",
			dm.what, dm.coordinate, distribution(values, graphs))
		return first
	case inconsistent:
		m.hintOn(dm.coordinate, HintInconsistentDefaultValuePresence, "%s %q has a default value in only some subgraphs: "+
			"will not use a default in the supergraph (there is %s).", dm.what, dm.coordinate, distribution(values, graphs))
		return nil
	}
	return first
}

// sameValue compares constants; the order of an object's fields does not matter.
func sameValue(a, b *ast.Value) bool {
	if a.Kind == ast.ObjectValue && b.Kind == ast.ObjectValue {
		if len(a.Children) != len(b.Children) {
			return false
		}
		for _, child := range a.Children {
			other := b.Children.ForName(child.Name)
			if other == nil || !sameValue(child.Value, other) {
				return false
			}
		}
		return true
	}
	if a.Kind == ast.ListValue && b.Kind == ast.ListValue {
		if len(a.Children) != len(b.Children) {
			return false
		}
		for i, child := range a.Children {
			if !sameValue(child.Value, b.Children[i].Value) {
				return false
			}
		}
		return true
	}
	return scalarKind(a.Kind) == scalarKind(b.Kind) && a.Raw == b.Raw
}

func scalarKind(k ast.ValueKind) ast.ValueKind {
	if k == ast.BlockValue {
		return ast.StringValue
	}
	return k
}
