package operation_test

import (
	"errors"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/router/operation"
)

func TestIntegersBeyond32BitsAreReportedOnce(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{ pets(limit: 2147483648) { id } }`,
		`{ pets(limit: -2147483649) { id } }`,
		`{ ...F } fragment F on Query { pets(limit: 2147483648) { id } }`,
		`query A { ...F } query B { ...F } fragment F on Query { pets(limit: 2147483648) { id } }`,
		`query ($n: Int = 2147483648) { pets(limit: $n) { id } }`,
	} {
		_, err := operation.Parse(schema(t), text, operation.Options{})
		var list gqlerror.List
		if !errors.As(err, &list) || len(list) != 1 {
			t.Errorf("%s: got %v", text, err)
		}
	}
}
