package operation

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// Normalised is an operation without fragments and conditions. It is immutable.
type Normalised struct {
	Name string
	Kind ast.Operation

	// Root is the name of the operation's root type.
	Root string

	// Fields are the root fields, __typename among them, the introspection fields __schema and __type not.
	Fields []*Field

	// Introspection are the root fields __schema and __type, in the order of the response.
	Introspection []*Field

	// Variables are the operation's variables by name.
	Variables map[string]*ast.VariableDefinition

	// Defers are the @defer fragments that remain, parents before children.
	Defers []*Defer
}

// Field is one response key of a selection set. A key may occur several times in a selection set with disjoint Types.
type Field struct {
	ResponseKey string
	Name        string

	// ParentType is a type of the API schema that has the field: the one it was selected on.
	ParentType string
	Definition *ast.FieldDefinition

	Arguments ast.ArgumentList

	// ArgumentsKey is a canonical rendering of Arguments, "" without any.
	ArgumentsKey string

	// Types are the runtime types of the enclosing object for which the field is answered; nil means all.
	Types supergraph.TypeSet

	// Fields are the selections of a composite value.
	Fields []*Field

	// Defer is 1 + the index in Normalised.Defers of the fragment that delivers the field, 0 when the initial response does.
	Defer int

	// Position is where the field stands in the document.
	Position *ast.Position

	// Denied says why the field is answered with null and an error in place of its value; nil where it is not. The Name of
	// a denied field is "__typename", which is asked of no subgraph on its behalf; Definition is the field's own.
	Denied *Denial
}

// Denial is why whoever asks may not have a field, or an object of some type.
type Denial struct {
	Code    string
	Message string

	// Object says that the whole object is denied that the field would be in: it becomes null.
	Object bool
}

// Defer is one @defer fragment.
type Defer struct {
	Label string

	// Parent is 1 + the index of the enclosing Defer, 0 when it is the initial response.
	Parent int

	// Path is where the fragment stands, by response keys.
	Path []string
}
