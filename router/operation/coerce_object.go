package operation

import (
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// object coerces an input object: every member is known, required ones are there, defaults are filled in, and a
// @oneOf object has exactly one member, not null (GraphQL specification, section 3.10).
func (c *coercer) object(out []byte, def *ast.Definition, raw []byte) ([]byte, *gqlerror.Error) {
	if raw[0] != '{' {
		return out, c.fail("Expected type \"%s\" to be an object.", def.Name)
	}
	given := map[string][]byte{}
	for member := range (cursor{raw}).members() {
		if def.Fields.ForName(member.name) == nil {
			return out, c.fail("Field \"%s\" is not defined by type \"%s\".", clip(member.name), def.Name)
		}
		given[member.name] = member.value
	}
	if err := c.oneOf(def, given); err != nil {
		return out, err
	}
	out = append(out, '{')
	start := len(out)
	for _, field := range def.Fields {
		value, ok := given[field.Name]
		if !ok && field.DefaultValue == nil {
			if field.Type.NonNull {
				return out, c.fail("Field \"%s\" of required type \"%s\" was not provided.", field.Name, field.Type)
			}
			continue
		}
		if len(out) > start {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, field.Name), ':')
		err := c.in("."+field.Name, func() (err *gqlerror.Error) {
			if ok {
				out, err = c.value(out, field.Type, value)
			} else {
				out, err = c.literal(out, field.Type, field.DefaultValue)
			}
			return err
		})
		if err != nil {
			return out, err
		}
	}
	return append(out, '}'), nil
}

func (c *coercer) oneOf(def *ast.Definition, given map[string][]byte) *gqlerror.Error {
	if def.Directives.ForName("oneOf") == nil {
		return nil
	}
	if len(given) != 1 {
		return c.fail("Exactly one key must be specified for OneOf type \"%s\".", def.Name)
	}
	for name, value := range given {
		if string(value) == "null" {
			return c.fail("Field \"%s\" of OneOf type \"%s\" must be non-null.", name, def.Name)
		}
	}
	return nil
}

// literal coerces a default value, which validation has checked, by writing it as JSON first.
func (c *coercer) literal(out []byte, t *ast.Type, value *ast.Value) ([]byte, *gqlerror.Error) {
	return c.value(out, t, literalJSON(nil, value))
}

func literalJSON(out []byte, value *ast.Value) []byte {
	switch value.Kind {
	case ast.ListValue:
		out = append(out, '[')
		for i, child := range value.Children {
			if i > 0 {
				out = append(out, ',')
			}
			out = literalJSON(out, child.Value)
		}
		return append(out, ']')
	case ast.ObjectValue:
		out = append(out, '{')
		for i, child := range value.Children {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(quoteJSON(out, child.Name), ':')
			out = literalJSON(out, child.Value)
		}
		return append(out, '}')
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		return quoteJSON(out, value.Raw)
	case ast.NullValue:
		return append(out, "null"...)
	default:
		return append(out, value.Raw...)
	}
}

func clip(text string) string {
	if len(text) > 64 {
		return text[:64] + "…"
	}
	return text
}
