package operation_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/router/operation"
)

func TestCoerceVariables(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, kind, given, want string }{
		{"keeps a number's digits in a custom scalar", "JSON", `{"x":[1.10,12345678901234567890]}`, `{"x":[1.10,12345678901234567890]}`},
		{"reads an integral float as an integer", "Int", `1.0`, `1`},
		{"takes an integer for a float", "Float", `2`, `2`},
		{"takes an integer for an ID", "ID", `7`, `"7"`},
		{"makes a list of one item", "[Int]", `3`, `[3]`},
		{"makes nested lists of one item", "[[ID!]]", `["a"]`, `[["a"]]`},
		{"fills in the defaults of input fields", "Filter", `{"name":"x"}`, `{"name":"x","min":1}`},
		{"keeps an explicit null", "Filter", `{"min":null}`, `{"min":null}`},
		{"coerces nested input objects", "Filter", `{"and":{"colors":"RED"}}`, `{"min":1,"and":[{"colors":["RED"],"min":1}]}`},
		{"keeps escapes of strings", "String", `"a\u00e9\n"`, `"a\u00e9\n"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := coerce(t, c.kind, c.given)
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func sameJSON(t *testing.T, x, y string) bool {
	t.Helper()
	var a, b any
	if json.Unmarshal([]byte(x), &a) != nil || json.Unmarshal([]byte(y), &b) != nil {
		t.Fatalf("%s or %s is no JSON", x, y)
	}
	p, _ := json.Marshal(a)
	q, _ := json.Marshal(b)
	return string(p) == string(q)
}

func TestCoerceVariablesRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, kind, given string }{
		{"an integer beyond 32 bits", "Int", `2147483648`},
		{"a fraction for an integer", "Int", `1.5`},
		{"a string for an integer", "Int", `"1"`},
		{"a number for a string", "String", `1`},
		{"a string for a boolean", "Boolean", `"true"`},
		{"null where it may not be", "String!", `null`},
		{"an unknown input field", "Filter", `{"nam":"x"}`},
		{"an unknown enum value", "Color", `"BLUE"`},
		{"null within a list that has none", "Filter", `{"colors":[null]}`},
		{"no key of a oneOf object", "By", `{}`},
		{"two keys of a oneOf object", "By", `{"id":"1","name":"x"}`},
		{"a null key of a oneOf object", "By", `{"id":null}`},
		{"what is nested too deeply", "JSON", strings.Repeat("[", 5000) + strings.Repeat("]", 5000)},
		{"what is no JSON", "JSON", `{`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := coerce(t, c.kind, c.given)
			var list gqlerror.List
			if !errors.As(err, &list) {
				t.Fatalf("got %s, %v", got, err)
			}
			if list[0].Extensions["code"] != operation.CodeBadVariables {
				t.Errorf("code %v", list[0].Extensions)
			}
		})
	}
	t.Run("a required variable without a value", func(t *testing.T) {
		t.Parallel()
		if _, err := parsed(t, `mutation ($n: String!) { add(name: $n) { id } }`).CoerceVariables(nil); err == nil {
			t.Error("is not refused")
		}
	})
}

// coerce gives the one variable of an operation, of some type, a value.
func coerce(t *testing.T, kind, given string) (string, error) {
	t.Helper()
	field := map[string]string{
		"JSON": "any(data: $v)", "Int": "pets(limit: $v) { id }", "Float": "any(at: $v)", "Boolean": "any(on: $v)",
		"[[ID!]]": "pets(ids: $v) { id }", "Filter": "pets(filter: $v) { id }", "Color": "color(is: $v)",
		"By": "one(by: $v) { id }", "String": "any(data: $v)", "String!": "any(data: $v)", "ID": "any(data: $v)",
		"[Int]": "any(data: $v)",
	}[kind]
	if kind == "By" {
		kind = "By!"
	}
	if !strings.Contains(field, "data") || kind == "JSON" {
		return coerced(t, `query ($v: `+kind+`) { `+field+` }`, given)
	}
	return coerced(t, `query ($v: `+kind+`) { any(data: {v: $v}) }`, given)
}

func coerced(t *testing.T, text, given string) (string, error) {
	t.Helper()
	values, err := parsed(t, text).CoerceVariables([]byte(`{"v":` + given + `,"other":1}`))
	if err != nil {
		return "", err
	}
	got, ok := values.JSON("v")
	if !ok {
		t.Fatal("has no value")
	}
	return string(got), nil
}

func FuzzCoerceVariables(f *testing.F) {
	f.Add([]byte(`{"f":{"name":"x","and":[{"min":3}]},"d":[1,{"a":"b\\"}]}`))
	f.Add([]byte(`{"f":null,"d":"\u0000"}`))
	op := parsed(f, `query ($f: Filter, $d: JSON) { pets(filter: $f) { id } any(data: $d) }`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		values, err := op.CoerceVariables(raw)
		if err != nil {
			return
		}
		for _, name := range values.Names() {
			if v, _ := values.JSON(name); !json.Valid(v) {
				t.Errorf("%s is coerced to %q", name, v)
			}
		}
	})
}
