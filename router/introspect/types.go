package introspect

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
)

func (w *writer) schemaField(field *operation.Field) {
	api := w.schema.api
	switch field.Name {
	case "description":
		w.optional(api.Description)
	case "types":
		w.list(len(w.schema.types), func(at int) { w.definition(w.schema.types[at], field.Fields) })
	case "queryType":
		w.definition(api.Query, field.Fields)
	case "mutationType":
		w.definition(api.Mutation, field.Fields)
	case "subscriptionType":
		w.definition(api.Subscription, field.Fields)
	case "directives":
		w.list(len(w.schema.directives), func(at int) { w.directive(w.schema.directives[at], field.Fields) })
	default:
		w.null()
	}
}

// reference writes a type as it is referred to: non-null and list types wrap the named one.
func (w *writer) reference(t *ast.Type, fields []*operation.Field) {
	kind, inner := "NON_NULL", &ast.Type{}
	switch {
	case t.NonNull:
		*inner = *t
		inner.NonNull = false
	case t.Elem != nil:
		kind, inner = "LIST", t.Elem
	default:
		w.definition(w.schema.api.Types[t.NamedType], fields)
		return
	}
	w.object(fields, func(field *operation.Field) {
		switch field.Name {
		case "kind":
			w.string(kind)
		case "ofType":
			w.reference(inner, field.Fields)
		default:
			w.null()
		}
	})
}

// definition writes a named type, null where there is none.
func (w *writer) definition(def *ast.Definition, fields []*operation.Field) {
	if def == nil {
		w.null()
		return
	}
	w.object(fields, func(field *operation.Field) { w.typeField(def, field) })
}

func (w *writer) typeField(def *ast.Definition, field *operation.Field) {
	switch field.Name {
	case "kind":
		w.string(string(def.Kind))
	case "name":
		w.string(def.Name)
	case "description":
		w.optional(def.Description)
	case "specifiedByURL":
		w.optional(directiveText(def.Directives, "specifiedBy", "url"))
	case "isOneOf":
		w.oneOf(def)
	case "fields", "interfaces", "possibleTypes", "enumValues", "inputFields":
		w.typeList(def, field)
	default:
		w.null()
	}
}

func (w *writer) oneOf(def *ast.Definition) {
	if def.Kind != ast.InputObject {
		w.null()
		return
	}
	w.bool(def.Directives.ForName("oneOf") != nil)
}

// typeList writes a list that only some kinds of types have; it is null on others.
func (w *writer) typeList(def *ast.Definition, field *operation.Field) {
	fielded := def.Kind == ast.Object || def.Kind == ast.Interface
	switch {
	case field.Name == "fields" && fielded:
		w.fields(def, field)
	case field.Name == "interfaces" && fielded:
		w.list(len(def.Interfaces), func(at int) { w.definition(w.schema.api.Types[def.Interfaces[at]], field.Fields) })
	case field.Name == "possibleTypes" && (def.Kind == ast.Interface || def.Kind == ast.Union):
		possible := w.schema.api.GetPossibleTypes(def)
		w.list(len(possible), func(at int) { w.definition(possible[at], field.Fields) })
	case field.Name == "enumValues" && def.Kind == ast.Enum:
		w.values(def, field)
	case field.Name == "inputFields" && def.Kind == ast.InputObject:
		w.inputFields(def, field)
	default:
		w.null()
	}
}

func (w *writer) fields(def *ast.Definition, field *operation.Field) {
	var shown []*ast.FieldDefinition
	for _, of := range def.Fields {
		if !strings.HasPrefix(of.Name, "__") && (w.deprecated(field) || !deprecated(of.Directives)) {
			shown = append(shown, of)
		}
	}
	w.list(len(shown), func(at int) { w.field(shown[at], field.Fields) })
}

func (w *writer) field(def *ast.FieldDefinition, fields []*operation.Field) {
	w.object(fields, func(field *operation.Field) {
		switch field.Name {
		case "name":
			w.string(def.Name)
		case "description":
			w.optional(def.Description)
		case "args":
			w.arguments(def.Arguments, field)
		case "type":
			w.reference(def.Type, field.Fields)
		default:
			w.deprecation(def.Directives, field)
		}
	})
}

func (w *writer) values(def *ast.Definition, field *operation.Field) {
	var shown ast.EnumValueList
	for _, value := range def.EnumValues {
		if w.deprecated(field) || !deprecated(value.Directives) {
			shown = append(shown, value)
		}
	}
	w.list(len(shown), func(at int) {
		w.object(field.Fields, func(field *operation.Field) {
			switch field.Name {
			case "name":
				w.string(shown[at].Name)
			case "description":
				w.optional(shown[at].Description)
			default:
				w.deprecation(shown[at].Directives, field)
			}
		})
	})
}

func (w *writer) directive(def *ast.DirectiveDefinition, fields []*operation.Field) {
	w.object(fields, func(field *operation.Field) {
		switch field.Name {
		case "name":
			w.string(def.Name)
		case "description":
			w.optional(def.Description)
		case "isRepeatable":
			w.bool(def.IsRepeatable)
		case "locations":
			w.list(len(def.Locations), func(at int) { w.string(string(def.Locations[at])) })
		case "args":
			w.arguments(def.Arguments, field)
		default:
			w.null()
		}
	})
}
