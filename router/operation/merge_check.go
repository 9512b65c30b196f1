package operation

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"

	"devportal.internal/router/supergraph"
)

// maxMergeWork is how many fields the check of one operation may look at. Limits keeps documents far below it, unless
// their fields of the same name on many types overlap at many levels.
const maxMergeWork = 300_000

// fieldsCanMerge is the rule Field Selection Merging (GraphQL specification, section 5.3.2) in nearly linear time. The
// specification compares every pair of fields with one response name. Both things that it asks of a pair are
// equivalences within the right groups, so that comparing each field with the first of its group says the same:
//
//  1. SameResponseShape must hold among all fields of one response name: their types have the same form. Then the
//     selections of the whole group are looked at as one set, in the same way.
//  2. Name and arguments must be equal among the fields of one response name that may be answered for the same object:
//     those on the same object type, together with all of those on interfaces and unions. Then the selections of each
//     such group are looked at as one set, in the same way.
//
// Each fragment enters a set once, however often it is spread there.
func fieldsCanMerge() Rule {
	return Rule{Name: "OverlappingFieldsCanBeMerged", RuleFunc: func(observers *core.Events, addError core.AddErrFunc) {
		observers.OnOperation(func(walker *core.Walker, op *ast.OperationDefinition) {
			if cyclic(walker.Document) {
				return
			}
			check := &mergeCheck{addError: addError, types: walker.Schema.Types, budget: maxMergeWork, arguments: map[*ast.Field]string{}}
			root := check.collect([]ast.SelectionSet{op.SelectionSet})
			if check.sameShapes(root) {
				check.sameFields(root)
			}
		})
	}}
}

// mergeCheck is the check of one operation. Its methods return false once an error was found: one is enough.
type mergeCheck struct {
	addError  core.AddErrFunc
	types     map[string]*ast.Definition
	budget    int
	arguments map[*ast.Field]string
}

// fieldsOf are the fields of one response name in a set.
type fieldsOf struct {
	responseKey string
	fields      []*ast.Field
}

// collect lists the fields of sets that are answered as one, by response name, in the order of the document.
func (m *mergeCheck) collect(sets []ast.SelectionSet) []fieldsOf {
	c := &collector{at: map[string]int{}, entered: map[string]bool{}}
	for _, set := range sets {
		c.add(set)
	}
	m.budget -= c.count
	return c.groups
}

type collector struct {
	groups  []fieldsOf
	at      map[string]int
	entered map[string]bool
	count   int
}

func (c *collector) add(set ast.SelectionSet) {
	c.count += len(set)
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			c.field(selection)
		case *ast.InlineFragment:
			c.add(selection.SelectionSet)
		case *ast.FragmentSpread:
			if selection.Definition != nil && !c.entered[selection.Name] {
				c.entered[selection.Name] = true
				c.add(selection.Definition.SelectionSet)
			}
		}
	}
}

// field leaves out what does not exist: that is another rule's error.
func (c *collector) field(field *ast.Field) {
	if field.Definition == nil || field.ObjectDefinition == nil {
		return
	}
	at, known := c.at[field.Alias]
	if !known {
		at = len(c.groups)
		c.at[field.Alias] = at
		c.groups = append(c.groups, fieldsOf{responseKey: field.Alias})
	}
	c.groups[at].fields = append(c.groups[at].fields, field)
}

func subselections(fields []*ast.Field) []ast.SelectionSet {
	var sets []ast.SelectionSet
	for _, field := range fields {
		if len(field.SelectionSet) > 0 {
			sets = append(sets, field.SelectionSet)
		}
	}
	return sets
}

// sameShapes is step 1.
func (m *mergeCheck) sameShapes(groups []fieldsOf) bool {
	for _, group := range groups {
		first := group.fields[0]
		for _, other := range group.fields[1:] {
			if !m.sameShape(first.Definition.Type, other.Definition.Type) {
				return m.conflict(group.responseKey, "they return conflicting types \""+
					first.Definition.Type.String()+"\" and \""+other.Definition.Type.String()+"\"", first, other)
			}
		}
		if sets := subselections(group.fields); len(sets) > 0 {
			if m.exhausted(first) || !m.sameShapes(m.collect(sets)) {
				return false
			}
		}
	}
	return true
}

// sameShape compares two types as SameResponseShape does: lists and non-null must agree, and so must leaf types; types
// with selections are compared by these.
func (m *mergeCheck) sameShape(a, b *ast.Type) bool {
	for {
		if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
			return false
		}
		if a.Elem == nil {
			break
		}
		a, b = a.Elem, b.Elem
	}
	if a.NamedType == b.NamedType {
		return true
	}
	left, right := m.types[a.NamedType], m.types[b.NamedType]
	return left != nil && right != nil && left.IsCompositeType() && right.IsCompositeType()
}

// sameFields is step 2.
func (m *mergeCheck) sameFields(groups []fieldsOf) bool {
	for _, group := range groups {
		for _, fields := range byParent(group.fields) {
			if !m.equal(group.responseKey, fields) {
				return false
			}
			sets := subselections(fields)
			if len(sets) == 0 {
				continue
			}
			if m.exhausted(fields[0]) || !m.sameFields(m.collect(sets)) {
				return false
			}
		}
	}
	return true
}

// byParent groups the fields that may be answered for the same object.
func byParent(fields []*ast.Field) [][]*ast.Field {
	var abstract []*ast.Field
	var groups [][]*ast.Field
	at := map[string]int{}
	for _, field := range fields {
		parent := field.ObjectDefinition
		if parent.Kind != ast.Object {
			abstract = append(abstract, field)
			continue
		}
		place, known := at[parent.Name]
		if !known {
			place = len(groups)
			at[parent.Name] = place
			groups = append(groups, nil)
		}
		groups[place] = append(groups[place], field)
	}
	if len(groups) == 0 {
		return [][]*ast.Field{abstract}
	}
	for place := range groups {
		groups[place] = append(groups[place], abstract...)
	}
	return groups
}

func (m *mergeCheck) equal(responseKey string, fields []*ast.Field) bool {
	first := fields[0]
	m.budget -= len(fields)
	for _, other := range fields[1:] {
		if first.Name != other.Name {
			return m.conflict(responseKey, "\""+first.Name+"\" and \""+other.Name+"\" are different fields", first, other)
		}
		if m.argumentsKey(first) != m.argumentsKey(other) {
			return m.conflict(responseKey, "they have differing arguments", first, other)
		}
	}
	return true
}

func (m *mergeCheck) argumentsKey(field *ast.Field) string {
	if len(field.Arguments) == 0 {
		return ""
	}
	key, known := m.arguments[field]
	if !known {
		key = supergraph.ArgumentsKey(field.Arguments)
		m.arguments[field] = key
	}
	return key
}

func (m *mergeCheck) conflict(responseKey, reason string, first, other *ast.Field) bool {
	m.addError(core.Message("Fields \"%s\" conflict because %s. Use different aliases on the fields to fetch both if this was intentional.",
		responseKey, reason), core.At(first.Position), core.At(other.Position))
	return false
}

func (m *mergeCheck) exhausted(field *ast.Field) bool {
	if m.budget > 0 {
		return false
	}
	m.addError(core.Message("Too many fields overlap."), core.At(field.Position))
	return true
}

// cyclic says whether a fragment spreads itself, directly or through others, at any depth.
func cyclic(query *ast.QueryDocument) bool {
	outlines := make(map[string]outline, len(query.Fragments))
	for _, fragment := range query.Fragments {
		outlines[fragment.Name] = outlineOf(fragment.SelectionSet)
	}
	const open, done = 1, 2
	state := map[string]int{}
	var enter func(name string) bool
	enter = func(name string) bool {
		if state[name] != 0 {
			return state[name] == open
		}
		state[name] = open
		for _, spread := range outlines[name].spreads {
			if enter(spread) {
				return true
			}
		}
		state[name] = done
		return false
	}
	for _, fragment := range query.Fragments {
		if enter(fragment.Name) {
			return true
		}
	}
	return false
}
