package operation

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/lexer"
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

// bound is a limit and what is held against it.
type bound struct {
	size, limit int
	message     string
}

func (l Limits) checkOperation(op *ast.OperationDefinition, size extent) gqlerror.List {
	for _, bound := range []bound{
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

// Size is what of an operation counts towards the limits that hold for several operations together, as those of a batch.
type Size struct {
	// Tokens are the document's, the others the operation's with its fragments expanded.
	Tokens     int
	Selections int
	Aliases    int
	Directives int
	RootFields int
}

// Size measures the operation.
func (o *Operation) Size() Size {
	size := newMeasurer(o.document.Query).operation(o.Definition)
	return Size{
		Tokens:     countTokens(o.Definition.Position.Src.Input, math.MaxInt32),
		Selections: size.selections, Aliases: size.aliases, Directives: size.directives, RootFields: size.level,
	}
}

// CountTokens counts the lexical tokens of a document, and stops soon after their limit.
func (o Options) CountTokens(text string) int { return countTokens(text, o.withDefaults().Tokens+1) }

func countTokens(text string, most int) int {
	lex, count := lexer.New(&ast.Source{Input: text}), 0
	for count < most {
		token, err := lex.ReadToken()
		if err != nil || token.Kind == lexer.EOF {
			break
		}
		if token.Kind != lexer.Comment {
			count++
		}
	}
	return count
}

// CheckTogether holds operations that are run for one request against the limits of one. Its error is as Parse's.
func (o Options) CheckTogether(operations ...Size) error {
	var all Size
	for _, size := range operations {
		all.Tokens, all.Selections = add(all.Tokens, size.Tokens), add(all.Selections, size.Selections)
		all.Aliases, all.Directives = add(all.Aliases, size.Aliases), add(all.Directives, size.Directives)
		all.RootFields = add(all.RootFields, size.RootFields)
	}
	o = o.withDefaults()
	if all.Tokens > o.Tokens {
		return requestError(CodeParseFailed, "the operations of the batch have more than %d tokens together", o.Tokens)
	}
	l := o.Limits.withDefaults()
	for _, bound := range []bound{
		{all.Selections, l.Selections, "the operations of the batch select more than %d fields together"},
		{all.Aliases, l.Aliases, "the operations of the batch have more than %d aliases together"},
		{all.Directives, l.Directives, "the operations of the batch have more than %d directives together"},
		{all.RootFields, l.RootFields, "the operations of the batch have more than %d root fields together"},
	} {
		if bound.size > bound.limit {
			return requestError(CodeTooComplex, bound.message, bound.limit)
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
