package supergraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// Schema is a loaded supergraph. It is immutable and safe for concurrent use.
type Schema struct {
	// API is the schema that clients see; operations are validated against it.
	API *ast.Schema

	// APISource is API as SDL.
	APISource string

	// Definitions are all types of the supergraph by name, inaccessible ones included, with every directive that the
	// composer printed; without the types that belong to the join and link machinery.
	Definitions map[string]*ast.Definition

	// Features are the linked specifications by identity (the URL without the version).
	Features map[string]Feature

	// Subgraphs are in the order of their names; the streams of @eventStream come last, in the order of their fields.
	Subgraphs []*Subgraph

	// Objects are the names of all object types, sorted; a TypeSet numbers them by their place here.
	Objects []string

	// OverrideLabels are the labels of all progressive overrides, sorted.
	OverrideLabels []string

	byName   map[string]*Subgraph
	objects  map[string]int
	possible map[string]TypeSet
	roots    map[ast.Operation]string

	resumable map[string]*Resumable // by fields of the subscription root
}

// Feature is a specification that the supergraph links.
type Feature struct {
	Identity string
	Version  string

	// Name is the prefix of the feature's elements in this document, Imports are names used without the prefix.
	Name    string
	Imports map[string]string
}

// Subgraph is one subgraph's view of the supergraph.
type Subgraph struct {
	// Index is the place in Schema.Subgraphs.
	Index int
	Name  string
	URL   string

	Types map[string]*Type

	// Events is set on what stands for a stream of messages, which is no subgraph that anything can be asked of.
	Events *EventStream
}

// Type is a composite type as one subgraph has it.
type Type struct {
	Name string
	Kind ast.DefinitionKind

	// InterfaceObject says that the subgraph has an object type by the name of what is an interface elsewhere.
	InterfaceObject bool

	Keys   []*Key
	Fields map[string]*Field

	// Possible are the runtime types that a value of this type can have in the subgraph; of an interface object all
	// implementations that the supergraph has.
	Possible TypeSet
}

// Key is one @key of a type.
type Key struct {
	Text       string
	Fields     FieldSet
	Resolvable bool
}

// Field is a field as one subgraph has it.
type Field struct {
	Name string

	// Type is the field's type in the subgraph, which may differ from the supergraph's in nullability or be a subtype.
	Type *ast.Type

	// External fields are known to the subgraph and resolved by others, except where something provides them.
	External bool

	// Overridden fields have moved to another subgraph (@override without a label).
	Overridden bool

	// OverrideLabel is set on both sides of a progressive override: Overriding on the side that takes over.
	OverrideLabel string
	Overriding    bool

	Requires FieldSet
	Provides FieldSet

	Contexts []ContextArgument
}

// NeedsMore reports whether a subgraph resolves the field only of an object that it is sent together with values that
// others have: those that @requires names, or those that arguments take from a context.
func (f *Field) NeedsMore() bool { return f.Requires != nil || len(f.Contexts) > 0 }

// ContextArgument is an argument that is filled from an ancestor of the object (@fromContext).
type ContextArgument struct {
	Name      string
	Type      string
	Context   string
	Selection string

	// Sets are the selection on each type of enclosing object that sets the context, by the number of the type.
	Sets map[int]FieldSet
}

// Subgraph is the subgraph of that name, nil when there is none.
func (s *Schema) Subgraph(name string) *Subgraph { return s.byName[name] }

// Possible are the runtime types of a composite type of the supergraph, inaccessible ones included.
func (s *Schema) Possible(name string) TypeSet { return s.possible[name] }

// Object is the number of an object type, and whether there is one of that name.
func (s *Schema) Object(name string) (int, bool) {
	i, ok := s.objects[name]
	return i, ok
}

// Root is the name of the root type of an operation, "" when the schema has none.
func (s *Schema) Root(kind ast.Operation) string { return s.roots[kind] }

// Field is the definition of a field in the supergraph, nil when there is none.
func (s *Schema) Field(typename, field string) *ast.FieldDefinition {
	def := s.Definitions[typename]
	if def == nil {
		return nil
	}
	return def.Fields.ForName(field)
}

// Names are the names of the object types of a set, sorted.
func (s *Schema) Names(set TypeSet) []string {
	var names []string
	for i := range set.All() {
		names = append(names, s.Objects[i])
	}
	return names
}
