package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// printSupergraph prints the schema, then directive definitions, then types, each in the order of their names.
func (m *merger) printSupergraph() string {
	return printSchema(m.out, func(string) bool { return true }, true)
}

// printSchema prints those definitions that keep admits; directive names begin with "@". multiline puts each directive
// of a type on a line of its own.
func printSchema(s *supergraph, keep func(name string) bool, multiline bool) string {
	p := &printer{multiline: multiline}
	p.schema(s)
	for _, name := range sortedNames(s.definitions) {
		if keep("@" + name) {
			p.directiveDefinition(s.definitions[name])
		}
	}
	names := slices.Clone(s.order)
	slices.SortFunc(names, compareNames)
	for _, name := range names {
		if keep(name) {
			p.definition(s.types[name])
		}
	}
	return strings.TrimRight(p.String(), "\n") + "\n"
}

// compareNames orders names without regard to case, as readers look them up.
func compareNames(a, b string) int {
	if c := strings.Compare(strings.ToLower(a), strings.ToLower(b)); c != 0 {
		return c
	}
	return strings.Compare(a, b)
}

func sortedNames[T any](m map[string]T) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, compareNames)
	return names
}

// printer writes SDL.
type printer struct {
	strings.Builder
	multiline bool
}

func (p *printer) write(parts ...string) {
	for _, part := range parts {
		p.WriteString(part)
	}
}

func (p *printer) schema(s *supergraph) {
	if !p.multiline && len(s.directives) == 0 && s.description == "" {
		return
	}
	p.description(s.description, "")
	p.write("schema")
	p.directives(s.directives, true)
	if p.multiline && len(s.directives) > 0 {
		p.write("\n{\n")
	} else {
		p.write(" {\n")
	}
	for _, op := range []ast.Operation{ast.Query, ast.Mutation, ast.Subscription} {
		if root := s.roots[op]; root != "" {
			p.write("  ", string(op), ": ", root, "\n")
		}
	}
	p.write("}\n\n")
}

func (p *printer) description(d, indent string) {
	if d == "" {
		return
	}
	escaped := strings.ReplaceAll(d, `"""`, `\"""`)
	if len(d) <= 70 && !strings.ContainsAny(d, "\"\\\n\r") && blockSafe(strings.TrimSpace(d)) {
		p.write(indent, `"""`, d, `"""`, "\n")
		return
	}
	if blockSafe(d) {
		p.write(indent, `"""`, "\n", indent, strings.ReplaceAll(escaped, "\n", "\n"+indent), "\n", indent, `"""`, "\n")
		return
	}
	p.write(indent, text(d).String(), "\n")
}

// blockSafe reports whether a block string can hold the text exactly.
func blockSafe(d string) bool {
	lines := strings.Split(d, "\n")
	if strings.ContainsRune(d, '\r') || strings.TrimSpace(lines[0]) == "" || strings.TrimSpace(lines[len(lines)-1]) == "" {
		return false
	}
	indented := 0
	for _, line := range lines {
		for _, r := range line {
			if r < ' ' && r != '\t' {
				return false
			}
		}
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			indented++
		}
	}
	return indented < len(lines)
}

func (p *printer) directives(list ast.DirectiveList, ofType bool) {
	for _, d := range list {
		if ofType && p.multiline {
			p.write("\n  ")
		} else {
			p.write(" ")
		}
		p.write(printDirective(d))
	}
}

func printDirective(d *ast.Directive) string {
	if len(d.Arguments) == 0 {
		return "@" + d.Name
	}
	args := make([]string, len(d.Arguments))
	for i, a := range d.Arguments {
		args[i] = a.Name + ": " + federation.PrintValue(a.Value)
	}
	return "@" + d.Name + "(" + strings.Join(args, ", ") + ")"
}

func (p *printer) directiveDefinition(d *ast.DirectiveDefinition) {
	p.description(d.Description, "")
	p.write("directive @", d.Name)
	p.arguments(d.Arguments, "")
	if d.IsRepeatable {
		p.write(" repeatable")
	}
	names := make([]string, len(d.Locations))
	for i, l := range d.Locations {
		names[i] = string(l)
	}
	p.write(" on ", strings.Join(names, " | "), "\n\n")
}
