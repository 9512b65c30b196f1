package operation

import "github.com/vektah/gqlparser/v2/ast"

// extent is the size of a selection set with its fragments expanded.
type extent struct {
	selections int
	aliases    int
	directives int

	// level is the number of fields that stand directly in the set, depth how deep fields are nested in it.
	level int
	depth int

	// lists is how many of introspection's lists are nested in one another, if the set stands in __schema or __type.
	// schemaLists and schemaAliases are what was found within such fields.
	lists         int
	schemaLists   int
	schemaAliases int
}

// also adds a sibling.
func (e *extent) also(o extent) {
	e.selections = add(e.selections, o.selections)
	e.aliases = add(e.aliases, o.aliases)
	e.directives = add(e.directives, o.directives)
	e.level = add(e.level, o.level)
	e.depth = max(e.depth, o.depth)
	e.lists = max(e.lists, o.lists)
	e.schemaLists = max(e.schemaLists, o.schemaLists)
	e.schemaAliases = add(e.schemaAliases, o.schemaAliases)
}

// measurer measures each fragment once.
type measurer struct {
	fragments map[string]*ast.FragmentDefinition
	measured  map[string]extent
}

func newMeasurer(query *ast.QueryDocument) *measurer {
	m := &measurer{
		fragments: make(map[string]*ast.FragmentDefinition, len(query.Fragments)),
		measured:  make(map[string]extent, len(query.Fragments)),
	}
	for _, fragment := range query.Fragments {
		if m.fragments[fragment.Name] == nil {
			m.fragments[fragment.Name] = fragment
		}
	}
	return m
}

func (m *measurer) operation(op *ast.OperationDefinition) extent {
	size := m.set(op.SelectionSet)
	size.directives = add(size.directives, len(op.Directives))
	for _, variable := range op.VariableDefinitions {
		size.directives = add(size.directives, len(variable.Directives))
	}
	return size
}

func (m *measurer) set(set ast.SelectionSet) extent {
	var size extent
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			size.also(m.field(selection))
		case *ast.InlineFragment:
			size.also(m.set(selection.SelectionSet))
			size.directives = add(size.directives, len(selection.Directives))
		case *ast.FragmentSpread:
			size.also(m.spread(selection))
		}
	}
	return size
}

func (m *measurer) field(field *ast.Field) extent {
	inner := m.set(field.SelectionSet)
	size := inner
	size.selections = add(inner.selections, 1)
	size.directives = add(inner.directives, len(field.Directives))
	size.level, size.depth = 1, add(inner.depth, 1)
	if field.Alias != field.Name {
		size.aliases = add(inner.aliases, 1)
	}
	switch field.Name {
	case "fields", "interfaces", "possibleTypes", "inputFields":
		size.lists = inner.lists + 1
	case "__schema", "__type":
		size.schemaLists = max(inner.schemaLists, inner.lists)
		size.schemaAliases = add(inner.schemaAliases, size.aliases)
	}
	return size
}

// spread measures a fragment where it is first met. Within itself it counts as empty: validation refuses the cycle.
func (m *measurer) spread(spread *ast.FragmentSpread) extent {
	size, known := m.measured[spread.Name]
	if fragment := m.fragments[spread.Name]; !known && fragment != nil {
		m.measured[spread.Name] = extent{}
		size = m.set(fragment.SelectionSet)
		size.directives = add(size.directives, len(fragment.Directives))
		m.measured[spread.Name] = size
	}
	size.directives = add(size.directives, len(spread.Directives))
	return size
}

// nesting is how deep selection sets and values are nested as written.
func (m *measurer) nesting(query *ast.QueryDocument) int {
	deepest := 0
	for _, op := range query.Operations {
		for _, variable := range op.VariableDefinitions {
			deepest = max(deepest, valueNesting(variable.DefaultValue), argumentNesting(variable.Directives, nil))
		}
		deepest = max(deepest, argumentNesting(op.Directives, nil), setNesting(op.SelectionSet))
	}
	for _, fragment := range query.Fragments {
		deepest = max(deepest, argumentNesting(fragment.Directives, nil), setNesting(fragment.SelectionSet))
	}
	return deepest
}

func setNesting(set ast.SelectionSet) int {
	deepest := 0
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			deepest = max(deepest, setNesting(selection.SelectionSet), argumentNesting(selection.Directives, selection.Arguments))
		case *ast.InlineFragment:
			deepest = max(deepest, setNesting(selection.SelectionSet), argumentNesting(selection.Directives, nil))
		case *ast.FragmentSpread:
			deepest = max(deepest, argumentNesting(selection.Directives, nil))
		}
	}
	return deepest + 1
}

func argumentNesting(directives ast.DirectiveList, arguments ast.ArgumentList) int {
	deepest := 0
	for _, argument := range arguments {
		deepest = max(deepest, valueNesting(argument.Value))
	}
	for _, directive := range directives {
		deepest = max(deepest, argumentNesting(nil, directive.Arguments))
	}
	return deepest
}

func valueNesting(value *ast.Value) int {
	if value == nil {
		return 0
	}
	deepest := 0
	for _, child := range value.Children {
		deepest = max(deepest, valueNesting(child.Value))
	}
	return deepest + 1
}

// affordable says whether the selections reachable from each definition, added up, stay within budget.
func (m *measurer) affordable(query *ast.QueryDocument, budget int) bool {
	outlines := make(map[string]outline, len(m.fragments))
	for name, fragment := range m.fragments {
		outlines[name] = outlineOf(fragment.SelectionSet)
	}
	for _, op := range query.Operations {
		if budget = walkOutlines(outlineOf(op.SelectionSet), outlines, budget); budget < 0 {
			return false
		}
	}
	for _, fragment := range query.Fragments {
		if budget = walkOutlines(outlines[fragment.Name], outlines, budget); budget < 0 {
			return false
		}
	}
	return true
}

// outline is what of a definition says how long a walk over it takes: its own selections and the fragments it spreads.
type outline struct {
	selections int
	spreads    []string
}

func outlineOf(set ast.SelectionSet) outline {
	var o outline
	o.add(set, map[string]bool{})
	return o
}

func (o *outline) add(set ast.SelectionSet, seen map[string]bool) {
	o.selections += len(set)
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			o.add(selection.SelectionSet, seen)
		case *ast.InlineFragment:
			o.add(selection.SelectionSet, seen)
		case *ast.FragmentSpread:
			if !seen[selection.Name] {
				seen[selection.Name] = true
				o.spreads = append(o.spreads, selection.Name)
			}
		}
	}
}

// walkOutlines returns what is left of budget after a walk that enters each fragment once; below zero it stopped.
func walkOutlines(start outline, outlines map[string]outline, budget int) int {
	budget -= start.selections
	waiting := append([]string(nil), start.spreads...)
	entered := map[string]bool{}
	for len(waiting) > 0 && budget >= 0 {
		name := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if entered[name] {
			continue
		}
		entered[name] = true
		budget -= outlines[name].selections + 1
		waiting = append(waiting, outlines[name].spreads...)
	}
	return budget
}
