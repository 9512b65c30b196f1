package authz

import (
	"strings"

	"devportal.internal/internal/entityindex"
)

// Args collects the bound parameters of a statement that is put together from parts.
type Args = entityindex.Args

// Entity is what conditions on entities are asked about.
type Entity = entityindex.Entity

// Condition says which rows a permission extends to: all, any or none of further conditions, or one rule. It is
// immutable. Make one with [All], [Any], [Not] or the constructor of a rule.
type Condition struct {
	all, any []Condition
	not      *Condition
	rule     rule
}

// rule is one test of a row. Its two answers agree: a property test holds them together.
type rule interface {
	// sql gives an expression that is never NULL.
	sql(row rowSQL) string
	// matches gives the same answer in memory.
	matches(row row) bool
	// describe shows the rule to people.
	describe() string
}

// row is what a condition is asked about in memory, and by whom.
type row struct {
	entity *Entity
	// createdBy is the ref of the one who started a task.
	createdBy string
	caller    caller
}

// rowSQL is what a condition is asked about in SQL, and by whom.
type rowSQL struct {
	alias  string
	args   *Args
	caller caller
}

// column names a column of the row.
func (r rowSQL) column(name string) string { return r.alias + "." + name }

// bind binds a parameter and says its type, so that PostgreSQL never guesses.
func (r rowSQL) bind(value any, sqlType string) string { return r.args.Add(value) + "::" + sqlType }

// All holds when each of the conditions does; without any, always.
func All(conditions ...Condition) Condition { return Condition{all: nonNil(conditions)} }

// Any holds when one of the conditions does; without any, never.
func Any(conditions ...Condition) Condition { return Condition{any: nonNil(conditions)} }

// Not holds when the condition does not.
func Not(condition Condition) Condition { return Condition{not: &condition} }

func nonNil(conditions []Condition) []Condition { return append([]Condition{}, conditions...) }

func (c Condition) sql(row rowSQL) string {
	switch {
	case c.all != nil:
		return joinSQL(c.all, row, " AND ", "TRUE")
	case c.any != nil:
		return joinSQL(c.any, row, " OR ", "FALSE")
	case c.not != nil:
		return "NOT " + c.not.sql(row)
	case c.rule != nil:
		return "(" + c.rule.sql(row) + ")"
	default:
		return "FALSE"
	}
}

func joinSQL(conditions []Condition, row rowSQL, operator, empty string) string {
	if len(conditions) == 0 {
		return empty
	}
	parts := make([]string, len(conditions))
	for i, c := range conditions {
		parts[i] = c.sql(row)
	}
	return "(" + strings.Join(parts, operator) + ")"
}

func (c Condition) matches(row row) bool {
	switch {
	case c.all != nil:
		return allMatch(c.all, row)
	case c.any != nil:
		return anyMatches(c.any, row)
	case c.not != nil:
		return !c.not.matches(row)
	case c.rule != nil:
		return c.rule.matches(row)
	default:
		return false
	}
}

func allMatch(conditions []Condition, row row) bool {
	for _, c := range conditions {
		if !c.matches(row) {
			return false
		}
	}
	return true
}

func anyMatches(conditions []Condition, row row) bool {
	for _, c := range conditions {
		if c.matches(row) {
			return true
		}
	}
	return false
}
