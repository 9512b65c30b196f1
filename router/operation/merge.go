package operation

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// fieldKey names a field of a type.
type fieldKey struct {
	typename, field string
}

// group is the contributions to one response key that apply to the same runtime types.
type group struct {
	contributions []contribution
	types         supergraph.TypeSet
}

// merge turns the contributions to one selection set into fields.
func (n *normaliser) merge(contributions []contribution, parent string, possible supergraph.TypeSet) ([]*Field, error) {
	if n.expanded > maxExpanded {
		return nil, requestError(CodeTooComplex, "the operation has more than %d selections once its fragments are expanded", maxExpanded)
	}
	var fields []*Field
	for _, g := range n.groups(contributions, parent, possible) {
		field, err := n.mergeGroup(g, parent, possible)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
	}
	return n.joinEqual(fields, possible), nil
}

// groups partitions contributions by response key and by runtime types, in the order of first contributions.
func (n *normaliser) groups(contributions []contribution, parent string, possible supergraph.TypeSet) []group {
	byKey := map[string][]int{}
	for i, c := range contributions {
		byKey[c.field.Alias] = append(byKey[c.field.Alias], i)
	}
	starts := make([][]group, len(contributions))
	for _, indexes := range byKey {
		if n.simple(contributions, indexes, parent, possible) {
			starts[indexes[0]] = append(starts[indexes[0]], group{pick(contributions, indexes), possible})
			continue
		}
		n.partition(contributions, indexes, starts)
	}
	var list []group
	for _, at := range starts {
		list = append(list, at...)
	}
	return list
}

func pick(contributions []contribution, indexes []int) []contribution {
	picked := make([]contribution, len(indexes))
	for i, index := range indexes {
		picked[i] = contributions[index]
	}
	return picked
}

// simple reports whether all contributions are for all types, and the field's type is the same in each of them.
func (n *normaliser) simple(contributions []contribution, indexes []int, parent string, possible supergraph.TypeSet) bool {
	for _, i := range indexes {
		if !possible.SubsetOf(contributions[i].types) {
			return false
		}
	}
	return n.sameEverywhere(parent, contributions[indexes[0]].field.Name, possible)
}

func (n *normaliser) sameEverywhere(parent, name string, possible supergraph.TypeSet) bool {
	key := fieldKey{parent, name}
	if same, ok := n.uniform[key]; ok {
		return same
	}
	same, first := true, ""
	for i := range possible.All() {
		text := n.concreteType(i, name)
		if first == "" {
			first = text
		}
		same = same && (text == first || text == "")
	}
	n.uniform[key] = same
	return same
}

// concreteType is the type that a field has in one object type of the API schema, "" when it has none.
func (n *normaliser) concreteType(object int, name string) string {
	if name == "__typename" {
		return "String!"
	}
	if def := n.schema.API.Types[n.schema.Objects[object]]; def != nil {
		if field := def.Fields.ForName(name); field != nil {
			return field.Type.String()
		}
	}
	return ""
}

// partition gives each runtime type the contributions that apply to it, and groups the types by them.
func (n *normaliser) partition(contributions []contribution, indexes []int, starts [][]group) {
	byType := map[int][]int{}
	var order []int
	for _, i := range indexes {
		for t := range contributions[i].types.All() {
			if byType[t] == nil {
				order = append(order, t)
			}
			byType[t] = append(byType[t], i)
		}
	}
	places := map[string][2]int{}
	for _, t := range order {
		single := supergraph.Single(t, len(n.schema.Objects))
		first := byType[t][0]
		signature := signatureOf(byType[t]) + n.concreteType(t, contributions[first].field.Name)
		place, ok := places[signature]
		if !ok {
			places[signature] = [2]int{first, len(starts[first])}
			starts[first] = append(starts[first], group{pick(contributions, byType[t]), single})
			continue
		}
		g := &starts[place[0]][place[1]]
		g.types = g.types.Or(single)
	}
}

func signatureOf(indexes []int) string {
	var out strings.Builder
	for _, i := range indexes {
		out.WriteString(strconv.Itoa(i))
		out.WriteByte(' ')
	}
	return out.String()
}

func (n *normaliser) mergeGroup(g group, parent string, possible supergraph.TypeSet) (*Field, error) {
	first := g.contributions[0]
	field := &Field{
		ResponseKey:  first.field.Alias,
		Name:         first.field.Name,
		Arguments:    first.field.Arguments,
		ArgumentsKey: supergraph.ArgumentsKey(first.field.Arguments),
		Position:     first.field.Position,
		Defer:        first.defers,
	}
	field.ParentType, field.Definition = n.coordinate(first.field, g.types, parent)
	if !possible.SubsetOf(g.types) {
		field.Types = g.types
	}
	for _, c := range g.contributions[1:] {
		if c.field.Name != field.Name || supergraph.ArgumentsKey(c.field.Arguments) != field.ArgumentsKey {
			return nil, conflict(first.field, c.field)
		}
		field.Defer = n.commonDefer(field.Defer, c.defers)
	}
	return field, n.mergeSelections(field, g)
}

func conflict(a, b *ast.Field) error {
	return requestError(CodeValidationFailed,
		"Fields \"%s\" conflict: lines %d and %d select different fields or arguments under one response key.",
		a.Alias, a.Position.Line, b.Position.Line)
}

func (n *normaliser) mergeSelections(field *Field, g group) error {
	if len(g.contributions[0].field.SelectionSet) == 0 {
		return nil
	}
	typename := field.Definition.Type.Name()
	possible := n.visible(typename)
	n.path = append(n.path, field.ResponseKey)
	for _, c := range g.contributions {
		n.collect(c.field.SelectionSet, possible, c.defers)
	}
	fields, err := n.merge(n.takeCollected(), typename, possible)
	n.path = n.path[:len(n.path)-1]
	field.Fields = fields
	return err
}

// visible are the runtime types of a composite type that the API schema has.
func (n *normaliser) visible(typename string) supergraph.TypeSet {
	possible := n.schema.Possible(typename)
	for i := range possible.All() {
		if n.schema.API.Types[n.schema.Objects[i]] == nil {
			possible = possible.Minus(supergraph.Single(i, len(n.schema.Objects)))
		}
	}
	return possible
}

// coordinate is the field definition that applies to a group: the object type's own where the group has one type, for
// its nullability is what counts (GraphQL specification, section 6.4).
func (n *normaliser) coordinate(field *ast.Field, types supergraph.TypeSet, parent string) (string, *ast.FieldDefinition) {
	if field.Name == "__typename" {
		return parent, field.Definition
	}
	if i := types.First(); i >= 0 {
		name := n.schema.Objects[i]
		if def := n.schema.API.Types[name]; def != nil && def.Fields.ForName(field.Name) != nil {
			if types.Len() > 1 && field.ObjectDefinition != nil {
				name = field.ObjectDefinition.Name
			}
			return name, def.Fields.ForName(field.Name)
		}
	}
	return parent, field.Definition
}

// joinEqual joins a field to an earlier one that differs in Types alone, where no type sees another order by it.
func (n *normaliser) joinEqual(fields []*Field, possible supergraph.TypeSet) []*Field {
	last := map[string]int{}
	var joined []*Field
	for _, field := range fields {
		at, seen := last[field.ResponseKey]
		if seen && field.Types != nil && sameField(joined[at], field) && disjointFrom(joined[at+1:], field.Types) {
			types := joined[at].Types.Or(field.Types)
			if possible.SubsetOf(types) {
				types = nil
			}
			joined[at].Types = types
			continue
		}
		last[field.ResponseKey] = len(joined)
		joined = append(joined, field)
	}
	return joined
}

func disjointFrom(fields []*Field, types supergraph.TypeSet) bool {
	for _, field := range fields {
		if field.Types == nil || field.Types.Intersects(types) {
			return false
		}
	}
	return true
}

// sameField reports whether two fields ask for the same, whatever types they are for.
func sameField(a, b *Field) bool {
	if a.Types == nil || a.ResponseKey != b.ResponseKey || a.Name != b.Name || a.ArgumentsKey != b.ArgumentsKey ||
		a.Defer != b.Defer || a.Definition.Type.String() != b.Definition.Type.String() {
		return false
	}
	return sameFields(a.Fields, b.Fields)
}

func sameFields(a, b []*Field) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Types == nil && b[i].Types == nil {
			x := *a[i]
			x.Types = supergraph.TypeSet{}
			if !sameField(&x, b[i]) {
				return false
			}
			continue
		}
		if a[i].Types == nil || b[i].Types == nil || !a[i].Types.Equal(b[i].Types) || !sameField(a[i], b[i]) {
			return false
		}
	}
	return true
}
