package operation

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// maxInputDepth bounds the nesting of variables' values.
const maxInputDepth = 100

// CoerceVariables coerces a JSON object of variables' values to the operation's variable definitions (GraphQL
// specification, section 6.1.2): defaults are filled in, single items become lists where lists are wanted, integers are
// checked against 32 bits, input objects against their types. Empty input and null are an empty object. What the
// operation does not declare is ignored. Errors have the code BAD_USER_INPUT.
func (o *Operation) CoerceVariables(raw []byte) (*Variables, error) {
	given, err := o.givenValues(raw)
	if err != nil {
		return nil, err
	}
	result := &Variables{}
	var errs gqlerror.List
	for _, def := range sortedVariables(o.Definition.VariableDefinitions) {
		value, ok, err := o.coerceVariable(def, given[def.Variable])
		switch {
		case err != nil:
			err.Locations = []gqlerror.Location{{Line: def.Position.Line, Column: def.Position.Column}}
			errs = append(errs, err)
		case ok:
			result.names = append(result.names, def.Variable)
			result.values = append(result.values, value)
		}
		if len(errs) >= 5 {
			break
		}
	}
	if len(errs) > 0 {
		return nil, coded(errs, CodeBadVariables)
	}
	return result, nil
}

func sortedVariables(list ast.VariableDefinitionList) ast.VariableDefinitionList {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *ast.VariableDefinition) int { return strings.Compare(a.Variable, b.Variable) })
	return list
}

// givenValues splits the request's variables by name.
func (o *Operation) givenValues(raw []byte) (map[string][]byte, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	if raw[0] != '{' || jsonDepth(raw) > maxInputDepth || !json.Valid(raw) {
		return nil, requestError(CodeBadVariables, "variables must be a JSON object, nested at most %d deep", maxInputDepth)
	}
	given := map[string][]byte{}
	for member := range (cursor{raw}).members() {
		given[member.name] = member.value
	}
	return given, nil
}

func (o *Operation) coerceVariable(def *ast.VariableDefinition, given []byte) ([]byte, bool, *gqlerror.Error) {
	c := &coercer{operation: o, variable: def.Variable}
	if given == nil {
		if def.DefaultValue == nil {
			if def.Type.NonNull {
				return nil, false, gqlerror.Errorf("Variable \"$%s\" of required type \"%s\" was not provided.", def.Variable, def.Type)
			}
			return nil, false, nil
		}
		out, err := c.literal(nil, def.Type, def.DefaultValue)
		return out, err == nil, err
	}
	out, err := c.value(make([]byte, 0, len(given)), def.Type, given)
	return out, err == nil, err
}

// coercer writes the coerced form of one variable's value.
type coercer struct {
	operation *Operation
	variable  string
	path      []string
}

func (c *coercer) fail(format string, arguments ...any) *gqlerror.Error {
	where := ""
	if len(c.path) > 0 {
		where = " at \"" + c.variable + strings.Join(c.path, "") + "\""
	}
	err := gqlerror.Errorf(format, arguments...)
	err.Message = "Variable \"$" + c.variable + "\" got invalid value" + where + ": " + err.Message
	return err
}

func (c *coercer) in(step string, f func() *gqlerror.Error) *gqlerror.Error {
	c.path = append(c.path, step)
	err := f()
	c.path = c.path[:len(c.path)-1]
	return err
}

// value appends the coerced form of a JSON value (GraphQL specification, Input Coercion of each kind of type).
func (c *coercer) value(out []byte, t *ast.Type, raw []byte) ([]byte, *gqlerror.Error) {
	if string(raw) == "null" {
		if t.NonNull {
			return out, c.fail("Expected non-nullable type \"%s\" not to be null.", t)
		}
		return append(out, "null"...), nil
	}
	if t.Elem != nil {
		return c.list(out, t, raw)
	}
	def := c.operation.document.schema.API.Types[t.NamedType]
	switch {
	case def == nil:
		return out, c.fail("Unknown type \"%s\".", t.NamedType)
	case def.Kind == ast.InputObject:
		return c.object(out, def, raw)
	case def.Kind == ast.Enum:
		return c.enum(out, def, raw)
	}
	return c.scalar(out, def, raw)
}

func (c *coercer) list(out []byte, t *ast.Type, raw []byte) ([]byte, *gqlerror.Error) {
	out = append(out, '[')
	if raw[0] != '[' {
		out, err := c.value(out, t.Elem, raw)
		return append(out, ']'), err
	}
	i := 0
	for item := range (cursor{raw}).items() {
		if i > 0 {
			out = append(out, ',')
		}
		err := c.in("["+strconv.Itoa(i)+"]", func() (err *gqlerror.Error) {
			out, err = c.value(out, t.Elem, item)
			return err
		})
		if err != nil {
			return out, err
		}
		i++
	}
	return append(out, ']'), nil
}

func (c *coercer) enum(out []byte, def *ast.Definition, raw []byte) ([]byte, *gqlerror.Error) {
	if raw[0] == '"' {
		if name := unquote(raw); def.EnumValues.ForName(name) != nil {
			return strconv.AppendQuote(out, name), nil
		}
	}
	return out, c.fail("Value is not one of enum \"%s\".", def.Name)
}

func (c *coercer) scalar(out []byte, def *ast.Definition, raw []byte) ([]byte, *gqlerror.Error) {
	ok := true
	number := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
	switch def.Name {
	case "Int":
		var text string
		text, ok = integerText(raw, number)
		raw = []byte(text)
		if ok {
			_, err := strconv.ParseInt(text, 10, 32)
			ok = err == nil
		}
	case "Float":
		_, err := strconv.ParseFloat(string(raw), 64)
		ok = number && err == nil
	case "String":
		ok = raw[0] == '"'
	case "Boolean":
		ok = string(raw) == "true" || string(raw) == "false"
	case "ID":
		if number {
			text, integer := integerText(raw, number)
			return append(append(append(out, '"'), text...), '"'), c.failUnless(integer, def)
		}
		ok = raw[0] == '"'
	}
	if err := c.failUnless(ok, def); err != nil {
		return out, err
	}
	return append(out, raw...), nil
}

func (c *coercer) failUnless(ok bool, def *ast.Definition) *gqlerror.Error {
	if ok {
		return nil
	}
	return c.fail("Value cannot represent type \"%s\".", def.Name)
}

// integerText is a JSON number without a fraction, in plain digits: 1.0 is an integer, 1.5 and 1e3 are read as what
// they are worth.
func integerText(raw []byte, number bool) (string, bool) {
	if !number {
		return "", false
	}
	if !bytes.ContainsAny(raw, ".eE") {
		return string(raw), true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || f != float64(int64(f)) || f > 1<<53 || f < -(1<<53) {
		return "", false
	}
	return strconv.FormatInt(int64(f), 10), true
}
