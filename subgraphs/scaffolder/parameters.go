package scaffolder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"devportal.internal/internal/fault"
)

// What bounds the parameters of a task, and its secrets, as JSON.
const (
	maxInputBytes  = 256 << 10
	maxSecretBytes = 16 << 10
)

// CodeInputInvalid is the code of the fault that parameters or secrets cause which are no JSON object, or too large.
const CodeInputInvalid = "INPUT_INVALID"

// CheckParameters checks what was filled in against every page of the form, and gives it with the defaults of what was
// left out. What must be corrected is joined, a fault for each field, with paths such as ["input", "parameters", "port"].
func (t *Template) CheckParameters(given any) (map[string]any, error) {
	values, err := object(given, "parameters", maxInputBytes)
	if err != nil {
		return nil, err
	}
	schemas := make([]any, len(t.Parameters))
	for i, page := range t.Parameters {
		if schemas[i], err = DecodeJSON(page); err != nil {
			return nil, unusable(t.Ref, "a page of its form is no JSON")
		}
		applyDefaults(schemas[i], values, 0)
	}
	var problems []error
	for _, schema := range schemas {
		problems = append(problems, t.check(schema, values, "parameters"))
	}
	return values, distinct(problems)
}

// CheckSecrets checks secrets against their schema. What is wrong never repeats a secret.
func (t *Template) CheckSecrets(given any) (map[string]any, error) {
	values, err := object(given, "secrets", maxSecretBytes)
	if err != nil || len(t.SecretsSchema) == 0 {
		return values, err
	}
	schema, err := DecodeJSON(t.SecretsSchema)
	if err != nil {
		return nil, unusable(t.Ref, "the schema of its secrets is no JSON")
	}
	return values, t.check(schema, values, "secrets")
}

// object reads a JSON object with exact numbers; nothing at all is an empty one.
func object(given any, field string, most int) (map[string]any, error) {
	const op = "scaffolder.CheckParameters"
	if given == nil {
		return map[string]any{}, nil
	}
	raw, err := json.Marshal(given)
	if err != nil || len(raw) > most {
		return nil, fault.Invalid(op, "the %s have more than %d bytes", field, most).
			WithCode(CodeInputInvalid).At("input", field)
	}
	value, err := DecodeJSON(raw)
	values, ok := value.(map[string]any)
	if value == nil && err == nil {
		return map[string]any{}, nil
	}
	if err != nil || !ok {
		return nil, fault.Invalid(op, "the %s are a JSON object", field).WithCode(CodeInputInvalid).At("input", field)
	}
	return values, nil
}

// DecodeJSON reads a JSON value with exact numbers; nothing at all is nil.
func DecodeJSON(raw []byte) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	err := decoder.Decode(&value)
	return value, err
}

const maxSchemaDepth = 32

// applyDefaults fills in what was left out, also within objects that are there.
func applyDefaults(schema any, values map[string]any, depth int) {
	described, _ := schema.(map[string]any)
	properties, _ := described["properties"].(map[string]any)
	if depth > maxSchemaDepth {
		return
	}
	for name, raw := range properties {
		property, ok := raw.(map[string]any)
		if !ok {
			continue
		}
		if standard, has := property["default"]; has {
			if _, given := values[name]; !given {
				values[name] = clone(standard)
			}
		}
		if inner, ok := values[name].(map[string]any); ok {
			applyDefaults(property, inner, depth+1)
		}
	}
}

// clone copies a JSON value, so that two tasks never share one.
func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := maps.Clone(value)
		for key := range copied {
			copied[key] = clone(copied[key])
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i := range value {
			copied[i] = clone(value[i])
		}
		return copied
	default:
		return value
	}
}

// noRemoteSchemas refuses every $ref that leads out of the schema.
type noRemoteSchemas struct{}

var errRemote = errors.New("a schema may not refer to another place")

// Load implements [jsonschema.URLLoader].
func (noRemoteSchemas) Load(string) (any, error) { return nil, errRemote }

func (t *Template) check(schema any, values map[string]any, field string) error {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	compiler.UseLoader(noRemoteSchemas{})
	const place = "template:///schema.json"
	if err := compiler.AddResource(place, schema); err != nil {
		return unusable(t.Ref, "the schema of its "+field+" cannot be read")
	}
	compiled, err := compiler.Compile(place)
	if err != nil {
		return unusable(t.Ref, fmt.Sprintf("the schema of its %s is not valid", field))
	}
	var invalid *jsonschema.ValidationError
	if err := compiled.Validate(values); errors.As(err, &invalid) {
		return (&complaints{field: field}).of(invalid)
	}
	return nil
}

// distinct joins faults, of those with the same path and code the first.
func distinct(problems []error) error {
	seen := map[string]bool{}
	var kept []error
	for _, problem := range problems {
		for _, one := range unjoin(problem) {
			key := fmt.Sprint(fault.Code(one), fault.Path(one))
			if !seen[key] {
				seen[key] = true
				kept = append(kept, one)
			}
		}
	}
	return errors.Join(kept...)
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the outermost join is split
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}
