package plan

import (
	"encoding/json"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

func (d *document) arguments(list ast.ArgumentList, contexts []supergraph.ContextArgument) {
	for i, argument := range list {
		d.out = append(d.out, []byte{'(', ','}[min(i, 1)])
		d.out = append(append(d.out, argument.Name...), ':')
		d.value(argument.Value)
	}
	for i, argument := range contexts {
		d.out = append(d.out, []byte{'(', ','}[min(i+len(list), 1)])
		d.out = append(append(d.out, argument.Name...), ":$"...)
		d.contextValue(argument)
	}
	if len(list)+len(contexts) > 0 {
		d.out = append(d.out, ')')
	}
}

// value writes a value literal and notes the variables in it.
func (d *document) value(value *ast.Value) {
	switch value.Kind {
	case ast.Variable:
		d.variables[value.Raw] = true
		d.out = append(append(d.out, '$'), value.Raw...)
	case ast.StringValue, ast.BlockValue:
		d.out = appendString(d.out, value.Raw)
	case ast.ListValue:
		d.out = append(d.out, '[')
		for i, child := range value.Children {
			if i > 0 {
				d.out = append(d.out, ',')
			}
			d.value(child.Value)
		}
		d.out = append(d.out, ']')
	case ast.ObjectValue:
		d.out = append(d.out, '{')
		for i, child := range value.Children {
			if i > 0 {
				d.out = append(d.out, ',')
			}
			d.out = append(append(d.out, child.Name...), ':')
			d.value(child.Value)
		}
		d.out = append(d.out, '}')
	case ast.NullValue:
		d.out = append(d.out, "null"...)
	default:
		d.out = append(d.out, value.Raw...)
	}
}

// appendString quotes text as GraphQL does, whose escapes are JSON's.
func appendString(out []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		return append(out, `""`...)
	}
	return append(out, quoted...)
}
