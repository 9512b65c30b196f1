package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// world is a random schema, split at random into subgraphs.
//
// Every value is a function of what it is a field of, so that whoever resolves it gets the same: an object is known by
// an id that names its type, and the value of a field follows from the object's id, the field's name and arguments.
type world struct {
	rand     *rand.Rand
	entities []*worldType
	values   []*worldType
	subs     []*worldSub
}

type worldType struct {
	name   string
	iface  string
	fields []*worldField
	keys   []string // besides id
}

type worldField struct {
	name     string
	typename string // the named type
	wrap     string // a format: "%s", "[%s]" …
	argument bool
	subs     []string // who resolves it
	requires string   // a field set of the type, resolved elsewhere
	needs    string   // the field that requires begins with
	provides string   // a leaf of the field's type that is external where this field is resolved
}

type worldSub struct {
	name string

	// objects are the types that the subgraph knows, ifaces those that it knows as interface objects.
	types  map[string]bool
	ifaces map[string]bool

	// without is the key that the subgraph does not know a type by.
	without map[string]string
}

// newWorld makes a world of a few entities, some behind interfaces, and value types.
func newWorld(seed uint64) *world {
	w := &world{rand: rand.New(rand.NewPCG(seed, 1))}
	for i := range 2 + w.rand.IntN(3) {
		w.subs = append(w.subs, &worldSub{name: string(rune('a' + i)), types: map[string]bool{}, ifaces: map[string]bool{}, without: map[string]string{}})
	}
	for i := range 2 + w.rand.IntN(3) {
		t := &worldType{name: fmt.Sprintf("E%d", i)}
		if w.rand.IntN(2) == 0 {
			t.iface = "Node"
		}
		if w.rand.IntN(3) == 0 {
			t.keys = append(t.keys, "sku")
		}
		w.entities = append(w.entities, t)
	}
	for i := range w.rand.IntN(3) {
		w.values = append(w.values, &worldType{name: fmt.Sprintf("V%d", i)})
	}
	w.place()
	w.addFields()
	return w
}

// place says which subgraphs know which types. The types of an interface are known together, by one subgraph or by
// all that know one of them; others may know the interface as an object.
func (w *world) place() {
	nodes := w.nodes()
	for i, sub := range w.subs {
		owner := i == 0
		for _, t := range w.entities {
			if t.iface == "" {
				sub.types[t.name] = owner || w.rand.IntN(3) > 0
				if len(t.keys) > 0 && !owner {
					sub.without[t.name] = []string{"", "id", "sku"}[w.rand.IntN(3)]
				}
			}
		}
		if len(nodes) == 0 {
			continue
		}
		switch {
		case owner || w.rand.IntN(3) == 0:
			for _, name := range nodes {
				sub.types[name] = true
			}
			sub.types["Node"] = true
		case w.rand.IntN(2) == 0:
			sub.ifaces["Node"] = true
		}
	}
}

// nodes are the types behind the interface Node.
func (w *world) nodes() []string {
	var names []string
	for _, t := range w.entities {
		if t.iface != "" {
			names = append(names, t.name)
		}
	}
	return names
}

func (w *world) addFields() {
	for _, t := range w.values {
		for i := range 1 + w.rand.IntN(3) {
			f := &worldField{name: fmt.Sprintf("f%d", i), typename: "String", wrap: w.wrap(), subs: w.all()}
			switch pick := w.rand.IntN(5); {
			case pick == 0:
				f.typename = w.target(f.subs)
			case pick == 1 && i > 0:
				f.subs = w.pickSubs(f.subs)
			}
			t.fields = append(t.fields, f)
		}
	}
	for _, t := range w.entities {
		for i := range 2 + w.rand.IntN(4) {
			t.fields = append(t.fields, w.entityField(t, i))
		}
		w.addRequires(t)
	}
	for _, t := range w.entities {
		w.addProvides(t)
	}
}

// addProvides lets fields that lead to an entity provide a leaf of it that is resolved elsewhere.
func (w *world) addProvides(t *worldType) {
	for _, f := range t.fields {
		target := w.entity(f.typename)
		if target == nil || f.requires != "" || len(f.subs) > 1 || w.rand.IntN(2) == 0 {
			continue
		}
		for _, leaf := range target.fields {
			plain := leaf.typename == "String" && leaf.requires == "" && !leaf.argument && strings.HasPrefix(f.typename, "E")
			if plain && !slices.Contains(leaf.subs, f.subs[0]) {
				f.provides = leaf.name
			}
		}
	}
}

func (w *world) all() []string {
	var names []string
	for _, sub := range w.subs {
		names = append(names, sub.name)
	}
	return names
}

func (w *world) wrap() string {
	return []string{"%s", "%s", "%s!", "[%s]", "[%s!]!", "[[%s]]"}[w.rand.IntN(6)]
}

func (w *world) knowing(t *worldType) []string {
	var names []string
	for _, sub := range w.subs {
		if sub.types[t.name] {
			names = append(names, sub.name)
		}
	}
	return names
}

func (w *world) pickSubs(from []string) []string {
	subs := []string{from[w.rand.IntN(len(from))]}
	for _, name := range from {
		if !slices.Contains(subs, name) && w.rand.IntN(4) == 0 {
			subs = append(subs, name)
		}
	}
	return subs
}

func (w *world) entityField(t *worldType, i int) *worldField {
	f := &worldField{name: fmt.Sprintf("f%d", i), wrap: w.wrap(), argument: w.rand.IntN(4) == 0}
	f.subs = w.pickSubs(w.knowing(t))
	f.typename = w.target(f.subs)
	return f
}

// target is a type that all of some subgraphs know.
func (w *world) target(subs []string) string {
	choices := []string{"String", "Int", "String"}
	for _, t := range w.values {
		choices = append(choices, t.name)
	}
	for _, t := range w.entities {
		choices = append(choices, t.name)
	}
	choices = append(choices, "Node", "Node", "U")
	name := choices[w.rand.IntN(len(choices))]
	for _, sub := range w.subs {
		known := sub.types[name] || name == "U" && len(w.members()) > 0 || strings.HasPrefix(name, "V") || name == "String" || name == "Int"
		if slices.Contains(subs, sub.name) && !known {
			return "String"
		}
	}
	return name
}

// members are the types of the union U: those that every subgraph knows.
func (w *world) members() []string {
	var names []string
	for _, t := range w.entities {
		if len(w.knowing(t)) == len(w.subs) {
			names = append(names, t.name)
		}
	}
	return names
}

// addRequires adds fields that need another subgraph's leaf, some of which are needed in turn.
func (w *world) addRequires(t *worldType) {
	for i := range w.rand.IntN(3) {
		var needs []*worldField
		for _, f := range t.fields {
			if f.typename == "String" || f.typename == "Int" || strings.HasPrefix(f.typename, "V") {
				needs = append(needs, f)
			}
		}
		if len(needs) == 0 {
			return
		}
		need := needs[w.rand.IntN(len(needs))]
		for _, name := range w.knowing(t) {
			if !slices.Contains(need.subs, name) {
				t.fields = append(t.fields, &worldField{
					name: fmt.Sprintf("r%d", i), typename: "String", wrap: "%s", subs: []string{name},
					needs: need.name, requires: w.fieldSet(need),
				})
				break
			}
		}
	}
}

// fieldSet asks for a field: with an argument now and then, a value type's first field.
func (w *world) fieldSet(f *worldField) string {
	text := f.name
	if f.argument && w.rand.IntN(2) == 0 {
		text += fmt.Sprintf("(x: %d)", w.rand.IntN(3))
	}
	if strings.HasPrefix(f.typename, "V") {
		text += " { f0 }"
		if len(w.entity(f.typename).fields[0].subs) < len(w.subs) || w.entity(f.typename).fields[0].typename != "String" {
			return f.name[:0] + text[:len(text)-6] + "{ __typename }"
		}
	}
	return text
}

func (w *world) entity(name string) *worldType {
	for _, t := range slices.Concat(w.entities, w.values) {
		if t.name == name {
			return t
		}
	}
	return nil
}

// sdl is the schema of one subgraph.
func (w *world) sdl(sub *worldSub) string {
	var out strings.Builder
	out.WriteString("extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@provides\", \"@interfaceObject\"])\n")
	out.WriteString("type Query {\n")
	for _, t := range w.entities {
		if sub.types[t.name] {
			fmt.Fprintf(&out, "  %s_%s(n: Int): %s\n  list_%s_%s: [%s!]\n", sub.name, t.name, t.name, sub.name, t.name, t.name)
		}
	}
	if sub.types["Node"] || sub.ifaces["Node"] {
		fmt.Fprintf(&out, "  %s_nodes: [Node]\n", sub.name)
	}
	fmt.Fprintf(&out, "  %s_ok: String\n}\n", sub.name)
	for _, t := range w.values {
		fmt.Fprintf(&out, "type %s @shareable {\n", t.name)
		w.writeFields(&out, t, sub, false)
		out.WriteString("}\n")
	}
	if members := w.members(); len(members) > 0 {
		fmt.Fprintf(&out, "union U = %s\n", strings.Join(members, " | "))
	}
	w.writeEntities(&out, sub)
	return out.String()
}

func (w *world) writeEntities(out *strings.Builder, sub *worldSub) {
	if sub.types["Node"] {
		out.WriteString("interface Node @key(fields: \"id\") {\n  id: ID!\n  nm: String\n}\n")
	}
	if sub.ifaces["Node"] {
		fmt.Fprintf(out, "type Node @key(fields: \"id\") @interfaceObject {\n  id: ID!\n  o%s: String\n  p%s(x: Int): [Node]\n  nm: String @external\n  q%s: String @requires(fields: \"nm\")\n}\n", sub.name, sub.name, sub.name)
	}
	for _, t := range w.entities {
		if !sub.types[t.name] {
			continue
		}
		fmt.Fprintf(out, "type %s", t.name)
		if t.iface != "" {
			out.WriteString(" implements Node")
		}
		keys := slices.DeleteFunc(append([]string{"id"}, t.keys...), func(key string) bool { return key == sub.without[t.name] })
		for _, key := range keys {
			fmt.Fprintf(out, " @key(fields: %q)", key)
		}
		out.WriteString(" {\n")
		if t.iface != "" {
			out.WriteString("  nm: String @shareable\n")
		}
		for _, key := range keys {
			fmt.Fprintf(out, "  %s: ID!\n", key)
		}
		w.writeFields(out, t, sub, true)
		out.WriteString("}\n")
	}
}

func (w *world) writeFields(out *strings.Builder, t *worldType, sub *worldSub, entity bool) {
	for _, f := range t.fields {
		external := slices.ContainsFunc(t.fields, func(o *worldField) bool {
			return o.needs == f.name && slices.Contains(o.subs, sub.name)
		}) || w.provided(t, f.name, sub.name)
		resolves := slices.Contains(f.subs, sub.name)
		if !resolves && !external {
			continue
		}
		argument := ""
		if f.argument {
			argument = "(x: Int)"
		}
		fmt.Fprintf(out, "  %s%s: %s", f.name, argument, fmt.Sprintf(f.wrap, f.typename))
		switch {
		case !resolves:
			out.WriteString(" @external")
		case f.requires != "":
			fmt.Fprintf(out, " @requires(fields: %q)", f.requires)
		case f.provides != "":
			fmt.Fprintf(out, " @provides(fields: %q)", f.provides)
		case entity && (len(f.subs) > 1 || w.isProvided(t, f.name)):
			out.WriteString(" @shareable")
		}
		out.WriteByte('\n')
	}
}

// provided reports whether some field that a subgraph resolves provides a field of a type.
func (w *world) provided(t *worldType, name, sub string) bool {
	for _, other := range w.entities {
		for _, f := range other.fields {
			if f.typename == t.name && f.provides == name && f.subs[0] == sub {
				return true
			}
		}
	}
	return false
}

// isProvided reports whether any subgraph provides a field of a type, which makes it shared.
func (w *world) isProvided(t *worldType, name string) bool {
	return slices.ContainsFunc(w.all(), func(sub string) bool { return w.provided(t, name, sub) })
}

// requires is the field set that a field of an entity needs, "" for none.
func (w *world) requires(t *worldType, field string) string {
	if t.iface != "" && len(field) == 2 && field[0] == 'q' {
		return "nm"
	}
	for _, f := range t.fields {
		if f.name == field {
			return f.requires
		}
	}
	return ""
}
