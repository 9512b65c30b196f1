package conformance_test

import (
	"fmt"
	"slices"
	"strings"
)

const federationLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@interfaceObject", "@override"])
`

// sdls are the subgraphs' schemas by name.
func (w *world) sdls() map[string]string {
	out := map[string]string{}
	for s := range w.subgraphs {
		out[fmt.Sprintf("s%d", s)] = w.sdl(s)
	}
	return out
}

func (w *world) sdl(s int) string {
	var b strings.Builder
	if !w.federation1[s] {
		b.WriteString(federationLink)
	}
	b.WriteString("enum Color { RED GREEN BLUE }\n")
	w.writeRoots(&b, s)
	for _, e := range w.entities {
		if e.keys[s] != nil {
			w.writeEntity(&b, e, s)
		}
	}
	w.writeValues(&b, s)
	if w.iface != nil {
		w.writeInterface(&b, s)
	}
	if w.union != nil && w.union.home == s {
		var names []string
		for _, e := range w.union.members {
			names = append(names, e.name)
		}
		b.WriteString("union U = " + strings.Join(names, " | ") + "\n")
	}
	return b.String()
}

func (w *world) writeRoots(b *strings.Builder, s int) {
	suffix := ""
	if w.renamed[s] {
		suffix = "Root"
	}
	isHere := func(f *field) bool { return f.isAt(s) }
	schema := "query: Query" + suffix
	b.WriteString("type Query" + suffix + " {\n  _s" + fmt.Sprint(s) + ": Int\n")
	w.writeFields(b, w.roots, s)
	if slices.ContainsFunc(w.mutations, isHere) {
		schema += " mutation: Mutation" + suffix
		b.WriteString("type Mutation" + suffix + " {\n")
		w.writeFields(b, w.mutations, s)
	}
	if slices.ContainsFunc(w.subscriptions, isHere) {
		schema += " subscription: Subscription" + suffix
		b.WriteString("type Subscription" + suffix + " {\n")
		w.writeFields(b, w.subscriptions, s)
	}
	if w.renamed[s] {
		b.WriteString("schema { " + schema + " }\n")
	}
}

func (w *world) writeFields(b *strings.Builder, fields []*field, s int) {
	for _, f := range fields {
		if f.isAt(s) {
			w.write(b, f, s)
		}
	}
	b.WriteString("}\n")
}

func (w *world) writeEntity(b *strings.Builder, e *entityType, s int) {
	b.WriteString("type " + e.name)
	if e.isOf != nil && e.isOf.home == s {
		b.WriteString(" implements I")
	}
	for _, key := range e.keys[s] {
		if e.stub[s] {
			fmt.Fprintf(b, " @key(fields: %q, resolvable: false)", key)
		} else {
			fmt.Fprintf(b, " @key(fields: %q)", key)
		}
	}
	for _, key := range e.links[s] {
		if !slices.Contains(e.keys[s], key) {
			fmt.Fprintf(b, " @key(fields: %q, resolvable: false)", key)
		}
	}
	b.WriteString(" {\n")
	for _, name := range []string{"id", "code"} {
		if e.hasKey(s, name) {
			b.WriteString("  " + name + ": ID!\n")
		}
	}
	if e.hasKey(s, "box") {
		b.WriteString("  box: Box!\n")
	}
	for _, f := range e.fields {
		switch {
		case f.isAt(s):
			w.write(b, f, s)
		case slices.Contains(f.from, s):
			b.WriteString("  " + f.signature() + "\n")
		case w.usesExternally(e, f, s):
			b.WriteString("  " + f.signature() + " @external\n")
		}
	}
	b.WriteString("}\n")
}

// usesExternally says that subgraph s requires or provides the field.
func (w *world) usesExternally(e *entityType, f *field, s int) bool {
	for _, g := range e.fields {
		if g.isAt(s) && slices.Contains(g.needs, f) {
			return true
		}
	}
	for _, other := range w.entities {
		if slices.ContainsFunc(other.fields, func(g *field) bool { return g.isAt(s) && g.provides == f }) {
			return true
		}
	}
	return false
}

func (f *field) signature() string {
	if f.preset {
		return f.name + "(n: Int = 2): " + f.typ()
	}
	if f.argument {
		return f.name + "(n: Int): " + f.typ()
	}
	return f.name + ": " + f.typ()
}

func (w *world) write(b *strings.Builder, f *field, s int) {
	b.WriteString("  " + f.signature())
	if len(f.homes) > 1 && !w.federation1[s] {
		b.WriteString(" @shareable")
	}
	if f.requires != "" {
		fmt.Fprintf(b, " @requires(fields: %q)", f.requires)
	}
	if f.provides != nil {
		fmt.Fprintf(b, " @provides(fields: %q)", f.provides.name+f.inside)
	}
	switch {
	case len(f.from) > 0 && f.label != "":
		fmt.Fprintf(b, " @override(from: \"s%d\", label: %q)", f.from[0], f.label)
	case len(f.from) > 0:
		fmt.Fprintf(b, " @override(from: \"s%d\")", f.from[0])
	}
	b.WriteString("\n")
}

// writeValues writes the value types that anything in s refers to, whole.
func (w *world) writeValues(b *strings.Builder, s int) {
	shareable := " @shareable"
	if w.federation1[s] {
		shareable = ""
	}
	if strings.Contains(b.String(), "box: Box!") {
		b.WriteString("type Box" + shareable + " { x: ID! y: ID! }\n")
	}
	all := strings.Contains(b.String(), "VI") || strings.Contains(b.String(), "VU")
	for _, v := range w.values {
		if !all && !strings.Contains(b.String(), v.name) {
			continue
		}
		b.WriteString("type " + v.name)
		if all {
			b.WriteString(" implements VI")
		}
		b.WriteString(shareable + " {\n  vi: Int\n")
		for _, f := range v.fields {
			b.WriteString("  " + f.signature() + "\n")
		}
		b.WriteString("}\n")
	}
	if all {
		b.WriteString("interface VI { vi: Int }\nunion VU = " + w.valueNames(" | ") + "\n")
	}
}

func (w *world) valueNames(separator string) string {
	names := make([]string, len(w.values))
	for i, v := range w.values {
		names[i] = v.name
	}
	return strings.Join(names, separator)
}

func (w *world) writeInterface(b *strings.Builder, s int) {
	i := w.iface

	switch s {
	case i.home:
		b.WriteString("interface I @key(fields: \"id\") {\n  id: ID!\n")
		if i.common != nil {
			b.WriteString("  " + i.common.signature() + "\n")
		}
		b.WriteString("}\n")
	case i.object:
		b.WriteString("type I @interfaceObject @key(fields: \"id\") {\n  id: ID!\n")
		if slices.ContainsFunc(i.fields, func(f *field) bool { return f.requires != "" }) {
			b.WriteString("  " + i.common.signature() + " @external\n")
		}
		for _, f := range i.fields {
			w.write(b, f, s)
		}
		b.WriteString("}\n")
	}
}
