package scalar

import (
	"encoding/json"
	"io"

	"github.com/99designs/gqlgen/graphql"

	"devportal.internal/internal/fault"
)

// CodeInvalidJSON is the code of the fault that a JSON value out of bounds causes.
const CodeInvalidJSON = "INVALID_JSON"

// Bounds of a JSON value that a client sends.
const (
	MaxJSONDepth = 32
	MaxJSONNodes = 20_000
	MaxJSONBytes = 512 << 10
)

// MarshalJSON writes any JSON value. A [json.RawMessage] is written as it is.
func MarshalJSON(v any) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		raw, isRaw := v.(json.RawMessage)
		if !isRaw || len(raw) == 0 {
			encoded, err := json.Marshal(v)
			if err != nil {
				encoded = []byte("null")
			}
			raw = encoded
		}
		_, _ = w.Write(raw)
	})
}

// UnmarshalJSON takes a value that was decoded already, and checks its bounds.
func UnmarshalJSON(v any) (any, error) {
	budget := jsonBudget{nodes: MaxJSONNodes, bytes: MaxJSONBytes}
	if !budget.takes(v, MaxJSONDepth) {
		return nil, fault.Invalid("scalar.JSON", "the JSON value is too large: at most %d levels, %d values and %d bytes",
			MaxJSONDepth, MaxJSONNodes, MaxJSONBytes).WithCode(CodeInvalidJSON)
	}
	return v, nil
}

// jsonBudget is what is left of the bounds while a value is walked.
type jsonBudget struct {
	nodes, bytes int
}

func (b *jsonBudget) takes(v any, depth int) bool {
	b.nodes--
	if depth < 0 || b.nodes < 0 || b.bytes < 0 {
		return false
	}
	switch v := v.(type) {
	case string:
		b.bytes -= len(v)
	case json.Number:
		b.bytes -= len(v)
	case []any:
		for _, item := range v {
			if !b.takes(item, depth-1) {
				return false
			}
		}
	case map[string]any:
		for key, item := range v {
			b.bytes -= len(key)
			if !b.takes(item, depth-1) {
				return false
			}
		}
	}
	return b.bytes >= 0
}
