package federation

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// Error is one reason why schemas do not compose. Subgraph, Line and Column are set where the reason lies at one place
// of one subgraph; Line and Column count from 1, 0 means unknown.
type Error struct {
	Code     Code   `json:"code"`
	Message  string `json:"message"`
	Subgraph string `json:"subgraph,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

// Error implements error.
func (e *Error) Error() string {
	if e.Subgraph == "" {
		return fmt.Sprintf("%s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("%s: [%s] %s", e.Code, e.Subgraph, e.Message)
}

// Errorf makes an Error at a position of a subgraph; pos may be nil.
func Errorf(code Code, subgraph string, pos *ast.Position, format string, args ...any) *Error {
	err := &Error{Code: code, Subgraph: subgraph, Message: fmt.Sprintf(format, args...)}
	if pos != nil {
		err.Line, err.Column = pos.Line, pos.Column
	}
	return err
}
