package operation_test

import (
	"fmt"
	"strings"
	"testing"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, variables, want string }{
		{"merges fields in the order of their first occurrence", `{ pet { name id ...F } } fragment F on Pet { id name friend { id } }`, ``, `pet{name[Cat] name[Dog] id friend{id}}`},
		{"applies conditions", `query ($a: Boolean!) { pet { id @include(if: $a) friend @skip(if: $a) { id } } }`, `{"a":true}`, `pet{id}`},
		{"keeps a type condition within another", `{ pet { ... on Pet { ... on Cat { lives } } } }`, ``, `pet{lives[Cat]}`},
		{"drops what no type can have", `{ pet { ... on Cat { ... on Pet { ... on Dog { barks } } } } }`, ``, `pet`},
		{"splits a key by type where its selections differ", `{ pet { friend { id } ... on Cat { friend { name } } } }`, ``, `pet{friend[Cat]{id name[Cat] name[Dog]} friend[Dog]{id}}`},
		{"joins what types have in common", `{ pet { ... on Cat { id } ... on Dog { id } } }`, ``, `pet{id}`},
		{"keeps introspection apart", `{ __typename __schema { queryType { name } } color }`, ``, `__typename color`},
		{"marks what is deferred, not what is wanted at once", `{ pet { id ... @defer { id friend { id } } } }`, ``, `pet{id friend~1{id~1}}`},
		{"takes a @defer that is off for none", `{ pet { ... @defer(if: false) { id } } }`, ``, `pet{id}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			op := parsed(t, c.text)
			values, err := op.CoerceVariables([]byte(c.variables))
			if err != nil {
				t.Fatal(err)
			}
			normalised, err := op.Normalise(values)
			if err != nil {
				t.Fatal(err)
			}
			if got := fieldsText(schema(t), normalised.Fields); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func fieldsText(s *supergraph.Schema, fields []*operation.Field) string {
	parts := make([]string, len(fields))
	for i, field := range fields {
		parts[i] = field.ResponseKey
		if field.Types != nil {
			parts[i] += "[" + strings.Join(s.Names(field.Types), "|") + "]"
		}
		if field.Defer > 0 {
			parts[i] += fmt.Sprintf("~%d", field.Defer)
		}
		if len(field.Fields) > 0 {
			parts[i] += "{" + fieldsText(s, field.Fields) + "}"
		}
	}
	return strings.Join(parts, " ")
}

func TestNormaliseIsBounded(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("{ pet { ...F0 } }")
	for i := range 30 {
		fmt.Fprintf(&text, " fragment F%d on Pet { a: friend { ...F%d } b: friend { ...F%d } }", i, i+1, i+1)
	}
	text.WriteString(" fragment F30 on Pet { id }")
	doc, err := operation.Parse(schema(t), text.String(), operation.Options{})
	if err != nil {
		return
	}
	op, err := doc.Operation("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := op.Normalise(nil); err == nil {
		t.Error("2^30 selections are expanded")
	}
}
