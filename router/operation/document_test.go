package operation_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/router/operation"
)

func TestParseRefusesWhatIsInvalid(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, code, message string }{
		{"text that is no document", `{ pet {`, operation.CodeParseFailed, "Expected"},
		{"a field that no type has", `{ pet { wings } }`, operation.CodeValidationFailed, "wings"},
		{"an integer literal beyond 32 bits", `{ pets(limit: 2147483648) { id } }`, operation.CodeValidationFailed, "32-bit"},
		{"an enum value that is not in the API", `{ color(is: BLUE) }`, operation.CodeValidationFailed, "BLUE"},
		{"two fields of one input object that takes one", `{ one(by: {id: 1, name: "x"}) { id } }`, operation.CodeValidationFailed, "exactly one"},
		{"fields that cannot be merged", `{ pet { x: id x: name } }`, operation.CodeValidationFailed, "x"},
		{"@skip on the root of a subscription", `subscription ($s: Boolean!) { added @skip(if: $s) { id } }`, operation.CodeValidationFailed, "@skip"},
		{"@include in a fragment at the root of a subscription", `subscription ($s: Boolean!) { ...F } fragment F on Subscription { added @include(if: $s) { id } }`, operation.CodeValidationFailed, "@include"},
		{"two root fields of a subscription", `subscription { added { id } gone { id } }`, operation.CodeValidationFailed, "one"},
		{"a fragment that spreads itself", `{ pet { ...F } } fragment F on Pet { friend { ...F } }`, operation.CodeValidationFailed, "F"},
		{"fragments without an operation", `fragment F on Pet { id }`, operation.CodeValidationFailed, "F"},
		{"more tokens than allowed", `{ pet { id ` + strings.Repeat("id ", 16000) + `} }`, operation.CodeParseFailed, "token"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := operation.Parse(schema(t), c.text, operation.Options{})
			var list gqlerror.List
			if !errors.As(err, &list) || len(list) == 0 {
				t.Fatalf("got %v, want a list of errors", err)
			}
			if list[0].Extensions["code"] != c.code || !strings.Contains(list.Error(), c.message) {
				t.Errorf("got %v %v, want %s with %q", list[0].Extensions, list, c.code, c.message)
			}
			if len(list) > 5 {
				t.Errorf("lists %d errors", len(list))
			}
		})
	}
}

func TestOperationIsChosenByName(t *testing.T) {
	t.Parallel()
	doc, err := operation.Parse(schema(t), `query A { pet { id } } query B { color }`, operation.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if op, err := doc.Operation("B"); err != nil || op.Name != "B" {
		t.Errorf("got %v, %v", op, err)
	}
	if _, err := doc.Operation(""); err == nil {
		t.Error("chose one of two operations without a name")
	}
	if _, err := doc.Operation("C"); err == nil {
		t.Error("found an operation that is not there")
	}
}

func TestPlanKeyDependsOnConditionsOnly(t *testing.T) {
	t.Parallel()
	op := parsed(t, `query ($a: Boolean!, $limit: Int) { pets(limit: $limit) { id name @include(if: $a) } }`)
	key := func(variables string) string {
		values, err := op.CoerceVariables([]byte(variables))
		if err != nil {
			t.Fatal(err)
		}
		return op.PlanKey(values)
	}
	if key(`{"a": true, "limit": 1}`) != key(`{"a": true, "limit": 2}`) {
		t.Error("a value that does not shape the plan is in the key")
	}
	if key(`{"a": true}`) == key(`{"a": false}`) {
		t.Error("a value that shapes the plan is not in the key")
	}
}
