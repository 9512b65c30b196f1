package authz

import (
	"encoding/json"
	"slices"
	"strings"
)

// HasSpec holds when the spec has something at the path of keys, with the value (or an array with the value) if one
// is given. Nothing, null, false, 0, "" and [] count as absent. A path leads through objects only.
func HasSpec(path []string, value *string) Condition {
	return Condition{rule: specRule{path: clone(path), value: value}}
}

// specRule is HAS_SPEC.
type specRule struct {
	path  []string
	value *string
}

// absentJSON are the values that count as absent.
const absentJSON = `('null'::jsonb, 'false'::jsonb, '0'::jsonb, '""'::jsonb, '[]'::jsonb)`

func (r specRule) sql(row rowSQL) string {
	found := row.column("spec")
	for _, key := range r.path {
		found += " -> " + row.bind(key, "text")
	}
	if r.value == nil {
		return "coalesce((" + found + ") NOT IN " + absentJSON + ", FALSE)"
	}
	value, known := expandOne(*r.value, row.caller)
	if !known {
		return "FALSE"
	}
	return "coalesce((" + found + ") @> " + row.bind(jsonText(value), "jsonb") + ", FALSE)"
}

func (r specRule) matches(row row) bool {
	found, ok := lookUp(row.entity.Spec, r.path)
	if !ok {
		return false
	}
	if r.value == nil {
		return !countsAsAbsent(found)
	}
	value, known := expandOne(*r.value, row.caller)
	return known && isOrContains(found, value)
}

func lookUp(spec json.RawMessage, path []string) (any, bool) {
	if len(spec) == 0 {
		return nil, false
	}
	decoder := json.NewDecoder(strings.NewReader(string(spec)))
	decoder.UseNumber()
	var found any
	if err := decoder.Decode(&found); err != nil {
		return nil, false
	}
	for _, key := range path {
		object, ok := found.(map[string]any)
		if !ok {
			return nil, false
		}
		if found, ok = object[key]; !ok {
			return nil, false
		}
	}
	return found, true
}

func countsAsAbsent(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		return isZero(v.String())
	case []any:
		return len(v) == 0
	default:
		return false
	}
}

// isZero reports whether the digits before the exponent are all zero, however large the exponent is.
func isZero(number string) bool {
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return strings.Trim(mantissa, "-0.") == ""
}

func isOrContains(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return v == text
	case []any:
		return slices.ContainsFunc(v, func(element any) bool { return element == any(text) })
	default:
		return false
	}
}

// HasMetadata holds when the metadata has the key, with the value (or a tag of that value) if one is given. It knows uid,
// name, namespace, title, tags, labels.<key> and annotations.<key>, and reports false for anything else, which the
// projections do not hold. Without a value, what is empty counts as absent.
func HasMetadata(key string, value *string) (Condition, bool) {
	column := key
	switch key {
	case "uid":
		column = "id"
	case "name", "namespace", "title":
	case "tags":
		return tagCondition(value), true
	default:
		return nestedMetadata(key, value)
	}
	if value == nil {
		return Condition{rule: presentRule{column: column}}, true
	}
	return Condition{rule: textRule{column: column, values: []string{*value}}}, true
}

func tagCondition(value *string) Condition {
	if value == nil {
		return Condition{rule: tagRule{}}
	}
	return HasTag(*value)
}

// nestedMetadata reads `labels.<key>` and `annotations.<key>`.
func nestedMetadata(key string, value *string) (Condition, bool) {
	parent, child, ok := strings.Cut(key, ".")
	if !ok || child == "" || (parent != "labels" && parent != "annotations") {
		return Condition{}, false
	}
	here := Condition{rule: pairRule{column: parent, key: child, value: value}}
	if value != nil {
		return here, true
	}
	empty := ""
	return All(here, Not(Condition{rule: pairRule{column: parent, key: child, value: &empty}})), true
}
