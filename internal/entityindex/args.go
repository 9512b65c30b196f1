package entityindex

import "strconv"

// Args collects the bound parameters of a statement that is put together from parts. The zero value is ready.
type Args struct {
	values []any
}

// NewArgs starts with the parameters $1, $2, … that a statement already names.
func NewArgs(values ...any) *Args { return &Args{values: values} }

// Add binds a value and returns its placeholder, for example "$3".
func (a *Args) Add(value any) string {
	a.values = append(a.values, value)
	return "$" + strconv.Itoa(len(a.values))
}

// Values are the parameters to pass with the statement, in order.
func (a *Args) Values() []any { return a.values }

// Predicate says which entities its holder may see.
type Predicate interface {
	// SQL gives a boolean expression, never NULL, over the columns of the table or alias, and binds its parameters.
	SQL(alias string, args *Args) string
	// Matches gives the same answer for one entity in memory.
	Matches(e Entity) bool
}

// Everything is the predicate that holds for every entity: for the portal's own background work.
type Everything struct{}

// SQL gives TRUE.
func (Everything) SQL(string, *Args) string { return "TRUE" }

// Matches is true.
func (Everything) Matches(Entity) bool { return true }
