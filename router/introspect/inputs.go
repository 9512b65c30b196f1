package introspect

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
)

// input is an argument or a field of an input object.
type input struct {
	name, description string
	of                *ast.Type
	defaultValue      *ast.Value
	directives        ast.DirectiveList
}

func (w *writer) arguments(list ast.ArgumentDefinitionList, field *operation.Field) {
	var inputs []input
	for _, def := range list {
		inputs = append(inputs, input{def.Name, def.Description, def.Type, def.DefaultValue, def.Directives})
	}
	w.inputs(inputs, field)
}

func (w *writer) inputFields(def *ast.Definition, field *operation.Field) {
	var inputs []input
	for _, of := range def.Fields {
		inputs = append(inputs, input{of.Name, of.Description, of.Type, of.DefaultValue, of.Directives})
	}
	w.inputs(inputs, field)
}

func (w *writer) inputs(inputs []input, field *operation.Field) {
	var shown []input
	for _, in := range inputs {
		if w.deprecated(field) || !deprecated(in.directives) {
			shown = append(shown, in)
		}
	}
	w.list(len(shown), func(at int) { w.input(shown[at], field.Fields) })
}

func (w *writer) input(in input, fields []*operation.Field) {
	w.object(fields, func(field *operation.Field) {
		switch field.Name {
		case "name":
			w.string(in.name)
		case "description":
			w.optional(in.description)
		case "type":
			w.reference(in.of, field.Fields)
		case "defaultValue":
			if in.defaultValue == nil {
				w.null()
				return
			}
			w.string(in.defaultValue.String())
		default:
			w.deprecation(in.directives, field)
		}
	})
}

// deprecation writes isDeprecated and deprecationReason.
func (w *writer) deprecation(directives ast.DirectiveList, field *operation.Field) {
	switch {
	case field.Name == "isDeprecated":
		w.bool(deprecated(directives))
	case field.Name == "deprecationReason" && deprecated(directives):
		reason := directiveText(directives, "deprecated", "reason")
		if reason == "" {
			reason = "No longer supported"
		}
		w.string(reason)
	default:
		w.null()
	}
}

func deprecated(directives ast.DirectiveList) bool { return directives.ForName("deprecated") != nil }

// directiveText is the value of a directive's String argument, "" where there is none.
func directiveText(directives ast.DirectiveList, name, argument string) string {
	directive := directives.ForName(name)
	if directive == nil {
		return ""
	}
	if given := directive.Arguments.ForName(argument); given != nil && given.Value != nil && given.Value.Kind != ast.NullValue {
		return given.Value.Raw
	}
	return ""
}
