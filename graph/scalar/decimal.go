package scalar

import (
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/quagmt/udecimal"

	"devportal.internal/internal/fault"
)

// CodeInvalidDecimal is the code of the fault that a malformed number causes.
const CodeInvalidDecimal = "INVALID_DECIMAL"

// maxDecimalBytes bounds the digits that are read: 40 are more than any amount of money has.
const maxDecimalBytes = 40

// MarshalDecimal writes a number as a string.
func MarshalDecimal(d udecimal.Decimal) graphql.Marshaler { return graphql.MarshalString(d.String()) }

// UnmarshalDecimal reads a number from a string, or from an integer. A float is refused: it has lost digits already.
func UnmarshalDecimal(v any) (udecimal.Decimal, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case int64, int, int32:
		text = fmt.Sprint(v)
	}
	if text != "" && len(text) <= maxDecimalBytes {
		if d, err := udecimal.Parse(text); err == nil {
			return d, nil
		}
	}
	return udecimal.Decimal{}, fault.Invalid("scalar.Decimal", `a decimal number is written like "12.50"`).
		WithCode(CodeInvalidDecimal)
}
