package compose

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// argument is a directive argument under construction; it is left out when its value is nil.
type argument struct {
	name  string
	value *ast.Value
}

func directive(name string, args ...argument) *ast.Directive {
	d := &ast.Directive{Name: name}
	for _, a := range args {
		if a.value != nil {
			d.Arguments = append(d.Arguments, &ast.Argument{Name: a.name, Value: a.value})
		}
	}
	return d
}

func text(raw string) *ast.Value { return &ast.Value{Kind: ast.StringValue, Raw: raw} }

func enum(raw string) *ast.Value { return &ast.Value{Kind: ast.EnumValue, Raw: raw} }

// textUnless is a string, or nil where there is none.
func textUnless(empty bool, raw string) *ast.Value {
	if empty {
		return nil
	}
	return text(raw)
}

// flag is `true`, or nil.
func flag(set bool) *ast.Value {
	if !set {
		return nil
	}
	return &ast.Value{Kind: ast.BooleanValue, Raw: "true"}
}

func list(items ...*ast.Value) *ast.Value {
	v := &ast.Value{Kind: ast.ListValue}
	for _, item := range items {
		v.Children = append(v.Children, &ast.ChildValue{Value: item})
	}
	return v
}

func object(args ...argument) *ast.Value {
	v := &ast.Value{Kind: ast.ObjectValue}
	for _, a := range args {
		if a.value != nil {
			v.Children = append(v.Children, &ast.ChildValue{Name: a.name, Value: a.value})
		}
	}
	return v
}

// mustParse parses SDL that this package wrote.
func mustParse(sdl string) *ast.SchemaDocument {
	doc, err := parser.ParseSchema(&ast.Source{Name: "compose", Input: sdl})
	if err != nil {
		panic("compose: a built-in definition does not parse: " + err.Error())
	}
	return doc
}
