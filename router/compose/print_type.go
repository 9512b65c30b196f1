package compose

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

func (p *printer) definition(def *ast.Definition) {
	p.description(def.Description, "")
	p.write(keyword(def.Kind), " ", def.Name)
	if len(def.Interfaces) > 0 {
		p.write(" implements ", strings.Join(def.Interfaces, " & "))
	}
	p.directives(def.Directives, true)
	switch def.Kind {
	case ast.Union:
		if p.multiline && len(def.Directives) > 0 {
			p.write("\n")
		}
		p.write(" = ", strings.Join(def.Types, " | "))
	case ast.Enum:
		p.open(def)
		for _, v := range def.EnumValues {
			p.describe(v.Description, v == def.EnumValues[0])
			p.write("  ", v.Name)
			p.directives(v.Directives, false)
			p.write("\n")
		}
		p.write("}")
	case ast.Object, ast.Interface, ast.InputObject:
		p.fields(def)
	case ast.Scalar:
	}
	p.write("\n\n")
}

func keyword(kind ast.DefinitionKind) string {
	return map[ast.DefinitionKind]string{
		ast.Object: "type", ast.Interface: "interface", ast.Union: "union", ast.Enum: "enum",
		ast.InputObject: "input", ast.Scalar: "scalar",
	}[kind]
}

func (p *printer) open(def *ast.Definition) {
	if p.multiline && len(def.Directives) > 0 {
		p.write("\n{\n")
	} else {
		p.write(" {\n")
	}
}

// describe writes a member's description, after an empty line unless it is the first member.
func (p *printer) describe(d string, first bool) {
	if d != "" && !first {
		p.write("\n")
	}
	p.description(d, "  ")
}

func (p *printer) fields(def *ast.Definition) {
	if len(def.Fields) == 0 {
		return
	}
	p.open(def)
	for _, f := range def.Fields {
		p.describe(f.Description, f == def.Fields[0])
		p.write("  ", f.Name)
		p.arguments(f.Arguments, "  ")
		p.write(": ", f.Type.String())
		p.defaultValue(f.DefaultValue)
		p.directives(f.Directives, false)
		p.write("\n")
	}
	p.write("}")
}

func (p *printer) defaultValue(v *ast.Value) {
	if v != nil {
		p.write(" = ", federation.PrintValue(v))
	}
}

func (p *printer) arguments(args ast.ArgumentDefinitionList, indent string) {
	if len(args) == 0 {
		return
	}
	described := slices.ContainsFunc(args, func(a *ast.ArgumentDefinition) bool { return a.Description != "" })
	p.write("(")
	for i, a := range args {
		if described {
			p.write("\n")
			if i > 0 && a.Description != "" {
				p.write("\n")
			}
			p.description(a.Description, indent+"  ")
			p.write(indent, "  ")
		} else if i > 0 {
			p.write(", ")
		}
		p.write(a.Name, ": ", a.Type.String())
		p.defaultValue(a.DefaultValue)
		p.directives(a.Directives, false)
	}
	if described {
		p.write("\n", indent)
	}
	p.write(")")
}
