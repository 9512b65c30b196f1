package conformance_test

import (
	"fmt"
	"slices"
	"strings"
)

const federationLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@interfaceObject"])
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
	b.WriteString(federationLink)
	b.WriteString("enum Color { RED GREEN BLUE }\n")
	b.WriteString("type Query {\n  _s" + fmt.Sprint(s) + ": Int\n")
	for _, f := range w.roots {
		if f.isAt(s) {
			f.write(&b)
		}
	}
	b.WriteString("}\n")
	for _, e := range w.entities {
		if e.keys[s] != nil {
			w.writeEntity(&b, e, s)
		}
	}
	w.writeValues(&b, s)
	if w.iface != nil {
		w.iface.write(&b, s)
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

func (w *world) writeEntity(b *strings.Builder, e *entityType, s int) {
	b.WriteString("type " + e.name)
	if e.isOf != nil && e.isOf.home == s {
		b.WriteString(" implements I")
	}
	for _, key := range e.keys[s] {
		fmt.Fprintf(b, " @key(fields: %q)", key)
	}
	b.WriteString(" {\n")
	for _, key := range e.keys[s] {
		b.WriteString("  " + key + ": ID!\n")
	}
	for _, f := range e.fields {
		switch {
		case f.isAt(s):
			f.write(b)
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
	if f.argument {
		return f.name + "(n: Int): " + f.typ()
	}
	return f.name + ": " + f.typ()
}

func (f *field) write(b *strings.Builder) {
	b.WriteString("  " + f.signature())
	if len(f.homes) > 1 {
		b.WriteString(" @shareable")
	}
	if f.requires != "" {
		fmt.Fprintf(b, " @requires(fields: %q)", f.requires)
	}
	if f.provides != nil {
		fmt.Fprintf(b, " @provides(fields: %q)", f.provides.name)
	}
	b.WriteString("\n")
}

// writeValues writes the value types that anything in s refers to, whole.
func (w *world) writeValues(b *strings.Builder, s int) {
	for _, v := range w.values {
		if !strings.Contains(b.String(), v.name) {
			continue
		}
		b.WriteString("type " + v.name + " @shareable {\n")
		for _, f := range v.fields {
			b.WriteString("  " + f.signature() + "\n")
		}
		b.WriteString("}\n")
	}
}

func (i *interfaceType) write(b *strings.Builder, s int) {
	switch s {
	case i.home:
		b.WriteString("interface I @key(fields: \"id\") {\n  id: ID!\n")
		if i.common != nil {
			b.WriteString("  " + i.common.signature() + "\n")
		}
		b.WriteString("}\n")
	case i.object:
		b.WriteString("type I @interfaceObject @key(fields: \"id\") {\n  id: ID!\n")
		for _, f := range i.fields {
			f.write(b)
		}
		b.WriteString("}\n")
	}
}
