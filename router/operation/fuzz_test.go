package operation_test

import (
	"testing"

	"devportal.internal/router/operation"
)

// FuzzParse reads any text as a document: what is let through normalises, or says why not, the same each time.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{ pets { id } }`, `query A($f: Filter, $n: Int = 1) { pets(filter: $f) @skip(if: true) { ...P } } fragment P on Pet { id __typename }`,
		`mutation { __typename }`, `subscription S { __typename }`, `{ a: pets { id ... @include(if: false) { id } } b: pets { ... on Node { id } } }`,
		`{ pets(filter: {and: [{min: 1}]}) { id } any(data: {a: [1, "\u00e9", """block"""]}) }`, `fragment X on Pet { ...X } { pets { ...X } }`,
		`query ($a: [Int!]! = [1, 2]) { __schema { types { name fields { args { defaultValue } } } } }`, "\xef\xbb\xbf# c\n{pets{id}}", `{`,
	} {
		f.Add(text)
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := operation.Parse(s, text, operation.Options{})
		if err != nil {
			return
		}
		for _, name := range []string{"", "A"} {
			op, err := doc.Operation(name)
			if err != nil {
				continue
			}
			first, err := op.Normalise(nil)
			second, again := op.Normalise(nil)
			if (err == nil) != (again == nil) {
				t.Fatalf("normalised once with %v and once with %v", err, again)
			}
			if err == nil && fieldsText(s, first.Fields) != fieldsText(s, second.Fields) {
				t.Errorf("normalised differently:\n%s\n%s", fieldsText(s, first.Fields), fieldsText(s, second.Fields))
			}
		}
	})
}
