package postgres

import (
	"strings"

	"devportal.internal/internal/entityindex"
)

// withAccess puts the predicate over the entity e where the statement has its mark. No predicate admits nothing.
func withAccess(statement string, access entityindex.Predicate, args *entityindex.Args) string {
	condition := "FALSE"
	if access != nil {
		condition = access.SQL("e", args)
	}
	return strings.Replace(statement, "/*access*/", condition, 1)
}
