package operation

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Limits bounds what a document may hold once its fragments are expanded. They are checked after parsing and before
// anything whose cost they bound. Zero fields have the defaults named.
type Limits struct {
	// Recursion is the nesting of selection sets, lists and objects as written (500).
	Recursion int

	// Depth is the nesting of fields (50).
	Depth int

	// Selections is the number of fields (20,000), of all operations together.
	Selections int

	// Aliases (1,000), Directives (500) and RootFields (200) are those of one operation.
	Aliases    int
	Directives int
	RootFields int
}

// Bounds that are no settings: no honest document comes near them.
const (
	// maxIntrospectionLists is how many lists of the schema may be nested in one another; each multiplies the answer.
	maxIntrospectionLists = 3

	// maxIntrospectionAliases is the number of aliases within __schema and __type, which also multiply it.
	maxIntrospectionAliases = 20

	// maxValidationWork is the number of selections that validation may visit. It walks what is reachable from each
	// operation and once more from each fragment.
	maxValidationWork = 100_000
)

func (l Limits) withDefaults() Limits {
	for _, field := range []struct {
		value     *int
		otherwise int
	}{
		{&l.Recursion, 500},
		{&l.Depth, 50},
		{&l.Selections, 20_000},
		{&l.Aliases, 1_000},
		{&l.Directives, 500},
		{&l.RootFields, 200},
	} {
		if *field.value == 0 {
			*field.value = field.otherwise
		}
	}
	return l
}

// check measures a parsed document that was not validated yet. Fragments are measured once each, however often they
// are spread; numbers saturate. Cycles and unknown fragments are left to validation.
func (l Limits) check(query *ast.QueryDocument) gqlerror.List {
	l = l.withDefaults()
	m := newMeasurer(query)
	if m.nesting(query) > l.Recursion {
		return tooComplex(query, "the document is nested more than %d deep", l.Recursion)
	}
	total := 0
	for _, op := range query.Operations {
		size := m.operation(op)
		if err := l.checkOperation(op, size); err != nil {
			return err
		}
		if total = add(total, size.selections); total > l.Selections {
			return tooComplexAt(op.Position, "the document selects more than %d fields once its fragments are expanded", l.Selections)
		}
	}
	if !m.affordable(query, maxValidationWork) {
		return tooComplex(query, "the document's fragments refer to one another too often")
	}
	return nil
}

func (l Limits) checkOperation(op *ast.OperationDefinition, size extent) gqlerror.List {
	for _, bound := range []struct {
		size, limit int
		message     string
	}{
		{size.depth, l.Depth, "the operation's fields are nested more than %d deep"},
		{size.aliases, l.Aliases, "the operation has more than %d aliases once its fragments are expanded"},
		{size.directives, l.Directives, "the operation has more than %d directives once its fragments are expanded"},
		{size.level, l.RootFields, "the operation has more than %d root fields once its fragments are expanded"},
		{size.schemaLists, maxIntrospectionLists - 1, "introspection may nest no more than %d lists"},
		{size.schemaAliases, maxIntrospectionAliases, "introspection may use no more than %d aliases"},
	} {
		if bound.size > bound.limit {
			return tooComplexAt(op.Position, bound.message, bound.limit)
		}
	}
	return nil
}

func tooComplex(query *ast.QueryDocument, format string, arguments ...any) gqlerror.List {
	var at *ast.Position
	if len(query.Operations) > 0 {
		at = query.Operations[0].Position
	}
	return tooComplexAt(at, format, arguments...)
}

func tooComplexAt(at *ast.Position, format string, arguments ...any) gqlerror.List {
	err := gqlerror.Errorf(format, arguments...)
	if at != nil {
		err.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
	return coded(gqlerror.List{err}, CodeTooComplex)
}

// add saturates, so that no number of fragments makes a huge sum small.
func add(a, b int) int {
	if a > math.MaxInt32-b {
		return math.MaxInt32
	}
	return a + b
}
