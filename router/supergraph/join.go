package supergraph

import (
	"fmt"
	"slices"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"
)

// readTypes gives each subgraph its composite types and their keys (@join__type).
func (l *loader) readTypes() error {
	for _, name := range l.sortedDefinitions() {
		def := l.schema.Definitions[name]
		if !def.IsCompositeType() {
			continue
		}
		if err := l.readType(def); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) sortedDefinitions() []string {
	names := make([]string, 0, len(l.schema.Definitions))
	for name := range l.schema.Definitions {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (l *loader) readType(def *ast.Definition) error {
	directives := def.Directives.ForNames(l.join + "__type")
	owners := def.Directives.ForNames(l.join + "__owner")
	if len(directives) == 0 && len(owners) == 0 {
		for _, subgraph := range l.schema.Subgraphs {
			l.typeIn(subgraph, def)
		}
		return nil
	}
	for _, directive := range slices.Concat(owners, directives) {
		subgraph := l.graphs[argument(directive, "graph")]
		if subgraph == nil {
			return fmt.Errorf("type %s: there is no subgraph %q", def.Name, argument(directive, "graph"))
		}
		t := l.typeIn(subgraph, def)
		t.InterfaceObject = t.InterfaceObject || argument(directive, "isInterfaceObject") == "true"
		if text := argument(directive, "key"); text != "" {
			key := &Key{Text: text, Resolvable: argument(directive, "resolvable") != "false"}
			t.Keys = append(t.Keys, key)
			l.pending = append(l.pending, pendingSet{def.Name, text, &key.Fields})
		}
	}
	return nil
}

func (l *loader) typeIn(subgraph *Subgraph, def *ast.Definition) *Type {
	t := subgraph.Types[def.Name]
	if t == nil {
		t = &Type{Name: def.Name, Kind: def.Kind, Fields: map[string]*Field{}}
		subgraph.Types[def.Name] = t
	}
	return t
}

// readFields gives each subgraph's types their fields (@join__field).
func (l *loader) readFields() error {
	for _, name := range l.sortedDefinitions() {
		def := l.schema.Definitions[name]
		if def.Kind != ast.Object && def.Kind != ast.Interface {
			continue
		}
		for _, field := range def.Fields {
			if err := l.readField(def, field); err != nil {
				return fmt.Errorf("field %s.%s: %w", def.Name, field.Name, err)
			}
		}
	}
	return nil
}

// readField follows the rule of the join specification: a field without @join__field is in every subgraph of its type
// (in version 0.1, in the type's owner if it has one); one whose @join__field names no graph is in none of them.
func (l *loader) readField(def *ast.Definition, field *ast.FieldDefinition) error {
	directives := field.Directives.ForNames(l.join + "__field")
	if len(directives) == 0 {
		for _, subgraph := range l.holders(def) {
			subgraph.Types[def.Name].Fields[field.Name] = &Field{Name: field.Name, Type: field.Type}
		}
		return nil
	}
	for _, directive := range directives {
		graph := argument(directive, "graph")
		if graph == "" {
			continue
		}
		subgraph := l.graphs[graph]
		if subgraph == nil {
			return fmt.Errorf("there is no subgraph %q", graph)
		}
		joined, err := l.joinField(def, field, directive)
		if err != nil {
			return err
		}
		l.typeIn(subgraph, def).Fields[field.Name] = joined
	}
	return nil
}

// holders are the subgraphs that have a field without @join__field.
func (l *loader) holders(def *ast.Definition) []*Subgraph {
	if owner := def.Directives.ForName(l.join + "__owner"); owner != nil {
		if subgraph := l.graphs[argument(owner, "graph")]; subgraph != nil {
			return []*Subgraph{subgraph}
		}
	}
	var list []*Subgraph
	for _, subgraph := range l.schema.Subgraphs {
		if subgraph.Types[def.Name] != nil {
			list = append(list, subgraph)
		}
	}
	return list
}

func (l *loader) joinField(def *ast.Definition, field *ast.FieldDefinition, directive *ast.Directive) (*Field, error) {
	joined := &Field{
		Name:          field.Name,
		Type:          field.Type,
		External:      argument(directive, "external") == "true",
		OverrideLabel: argument(directive, "overrideLabel"),
		Overriding:    argument(directive, "override") != "",
	}
	joined.Overridden = argument(directive, "usedOverridden") == "true" && joined.OverrideLabel == ""
	if text := argument(directive, "type"); text != "" {
		parsed, err := parseType(text)
		if err != nil {
			return nil, err
		}
		joined.Type = parsed
	}
	if text := argument(directive, "requires"); text != "" {
		l.pending = append(l.pending, pendingSet{def.Name, text, &joined.Requires})
	}
	if text := argument(directive, "provides"); text != "" {
		l.pending = append(l.pending, pendingSet{field.Type.Name(), text, &joined.Provides})
	}
	joined.Contexts = contextArguments(directive)
	return joined, nil
}

func contextArguments(directive *ast.Directive) []ContextArgument {
	list := directive.Arguments.ForName("contextArguments")
	if list == nil {
		return nil
	}
	var contexts []ContextArgument
	for _, child := range list.Value.Children {
		text := func(name string) string {
			if v := child.Value.Children.ForName(name); v != nil {
				return v.Raw
			}
			return ""
		}
		contexts = append(contexts, ContextArgument{
			Name: text("name"), Type: text("type"), Context: text("context"), Selection: text("selection"),
		})
	}
	return contexts
}

// parseType reads a type reference such as [Product!].
func parseType(text string) (*ast.Type, error) {
	t, rest, err := parseTypePrefix(text)
	if err != nil || rest != "" {
		return nil, fmt.Errorf("%q is not a type", text)
	}
	return t, nil
}

func parseTypePrefix(text string) (t *ast.Type, rest string, err error) {
	t = &ast.Type{}
	if text != "" && text[0] == '[' {
		t.Elem, rest, err = parseTypePrefix(text[1:])
		if err != nil || rest == "" || rest[0] != ']' {
			return nil, "", fmt.Errorf("unclosed list")
		}
		rest = rest[1:]
	} else {
		end := 0
		for end < len(text) && text[end] != '!' && text[end] != ']' {
			end++
		}
		t.NamedType, rest = text[:end], text[end:]
		if t.NamedType == "" {
			return nil, "", fmt.Errorf("no name")
		}
	}
	if rest != "" && rest[0] == '!' {
		t.NonNull, rest = true, rest[1:]
	}
	return t, rest, nil
}

// readMembers gives each subgraph's abstract types the runtime types that the subgraph knows
// (@join__implements, @join__unionMember; without any, all of the supergraph's that the subgraph has).
func (l *loader) readMembers() error {
	for _, subgraph := range l.schema.Subgraphs {
		for name, t := range subgraph.Types {
			switch {
			case t.InterfaceObject:
				t.Possible = l.schema.possible[name]
			case t.Kind == ast.Object:
				t.Possible = l.schema.possible[name]
			case t.Kind == ast.Union:
				t.Possible = l.unionMembers(subgraph, l.schema.Definitions[name])
			default:
				t.Possible = l.implementations(subgraph, name)
			}
		}
	}
	return nil
}

func (l *loader) unionMembers(subgraph *Subgraph, def *ast.Definition) TypeSet {
	directives := def.Directives.ForNames(l.join + "__unionMember")
	set := make(TypeSet, (len(l.schema.Objects)+63)/64)
	if len(directives) == 0 {
		return set.Or(l.present(subgraph, l.schema.possible[def.Name]))
	}
	for _, directive := range directives {
		if l.graphs[argument(directive, "graph")] == subgraph {
			set = set.Or(l.schema.possible[argument(directive, "member")])
		}
	}
	return set
}

func (l *loader) implementations(subgraph *Subgraph, iface string) TypeSet {
	set := make(TypeSet, (len(l.schema.Objects)+63)/64)
	for i := range l.present(subgraph, l.schema.possible[iface]).All() {
		name := l.schema.Objects[i]
		directives := l.schema.Definitions[name].Directives.ForNames(l.join + "__implements")
		implements := len(directives) == 0
		for _, directive := range directives {
			here := l.graphs[argument(directive, "graph")] == subgraph
			implements = implements || here && argument(directive, "interface") == iface
		}
		if implements {
			set = set.Or(Single(i, len(l.schema.Objects)))
		}
	}
	return set
}

// present are the members of a set that the subgraph has.
func (l *loader) present(subgraph *Subgraph, of TypeSet) TypeSet {
	set := make(TypeSet, len(of))
	for i := range of.All() {
		if subgraph.Types[l.schema.Objects[i]] != nil {
			set = set.Or(Single(i, len(l.schema.Objects)))
		}
	}
	return set
}

func (l *loader) readFieldSets() error {
	for _, pending := range l.pending {
		set, err := l.schema.parseFieldSet(pending.typename, pending.text)
		if err != nil {
			return err
		}
		*pending.into = set
	}
	return nil
}

// readLabels collects the labels of progressive overrides.
func (l *loader) readLabels() error {
	for _, subgraph := range l.schema.Subgraphs {
		for _, t := range subgraph.Types {
			for _, field := range t.Fields {
				if field.OverrideLabel != "" {
					l.schema.OverrideLabels = append(l.schema.OverrideLabels, field.OverrideLabel)
				}
			}
		}
	}
	slices.Sort(l.schema.OverrideLabels)
	l.schema.OverrideLabels = slices.Compact(l.schema.OverrideLabels)
	return nil
}
