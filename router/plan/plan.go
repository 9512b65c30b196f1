package plan

import "devportal.internal/router/operation"

// OperationKind is the kind of a root operation: "query", "mutation" or "subscription".
type OperationKind string

// The three kinds of operations (GraphQL specification, section 2.3).
const (
	Query        OperationKind = "query"
	Mutation     OperationKind = "mutation"
	Subscription OperationKind = "subscription"
)

// Plan is how one normalised operation is answered. It is immutable and safe for concurrent use.
type Plan struct {
	Kind OperationKind

	// Fetches are in topological order: Fetches[i].ID == i, and DependsOn names only smaller IDs.
	// Of a subscription, Fetches[0] is the trigger; the others run once an event, after it.
	Fetches []*Fetch

	// Shape is the response's `data`. Of a plan with Deferred parts, it is the initial response's.
	Shape *ObjectShape

	// Introspection are the root fields __schema and __type, which are answered from the API schema; Shape leaves them out.
	Introspection []Introspection

	// Deferred are the @defer fragments that the operation keeps, parents before children.
	Deferred []*Deferred
}

// Introspection is a root field that is answered from the API schema.
type Introspection struct {
	Field *operation.Field

	// Index is how many fields of Plan.Shape come before it in the response.
	Index int
}

// Fetch is one request to one subgraph. Either Selections (a root fetch) or Entities (an entity fetch) is set.
type Fetch struct {
	ID       int
	Subgraph string

	// Kind is the kind of the operation in Document; entity fetches are always queries.
	Kind OperationKind

	// Document is the GraphQL text that is sent, OperationName the name of the one operation in it ("" when anonymous).
	Document      string
	OperationName string

	// Variables are the names of the client's variables that Document declares, sorted. The values sent are the
	// client's, coerced; a variable without a value is left out.
	Variables []string

	// Declarations are the declarations of Variables as Document has them ($name:Type=default), where some of Entities has
	// Contexts.
	Declarations []string

	// DependsOn are the IDs of the fetches that must have ended, well or not, before this one starts, ascending.
	// A mutation's root fetches form a chain.
	DependsOn []int

	// Selections is what a root fetch writes at the root of the store or, where Path is not empty, into each object there:
	// a value of the query's root type below the root. Without an object there, the fetch is not made.
	Selections SelectionSet
	Path       Path

	// Entities are the `_entities` fields of an entity fetch, one or more.
	Entities []*EntityFetch

	// Deferred is 1 + the index in Plan.Deferred of the only deferred part that needs this fetch, 0 when the initial
	// response needs it.
	Deferred int
}

// EntityFetch is one `_entities` field of a fetch. Its results are written to the objects whose representations it
// sent, in the order in which they were sent.
type EntityFetch struct {
	// ResponseKey is the field's key in the subgraph's `data`: "_entities" or an alias.
	ResponseKey string

	// Variable is the name of the variable that carries the representations.
	Variable string

	// Targets are the places whose objects are completed; more than one where fetches with the same selections were
	// merged.
	Targets []Target

	// Selections is what is written into each target object.
	Selections SelectionSet

	// Contexts are variables that the objects around the target objects give values (@fromContext, federation 2.8). An
	// entity fetch that has some has one target; its objects are asked for together with those of equal values only:
	// where they differ, the field is repeated under other aliases with variables of its own.
	Contexts []ContextVariable

	// Text is, of an entity fetch with Contexts, the selection set in Document, and Uses where in it the names of context
	// variables are. Variables are the client's that it uses.
	Text      string
	Uses      []ContextUse
	Variables []string
}

// ContextVariable is a variable whose value comes from an object around.
type ContextVariable struct {
	Name string

	// Type is the variable's type in the subgraph. A value of a type that is not null is needed: without it the object is
	// not sent.
	Type string

	// From are the places that the value may come from, the nearest first; the first whose Types admit the object there
	// has it.
	From []ContextSource
}

// ContextSource is where the value of a context is.
type ContextSource struct {
	// Depth is how much of the target's Path leads to the object, 0 is the root; Types are the runtime types of the object
	// that have the value here, nil means all.
	Depth int
	Types []string

	// Members lead to the value: the first whose Types admit the object, and on from there; null on the way is null.
	Members []Member
}

// ContextUse is a place in EntityFetch.Text: the name of Contexts[Context] stands at the offset At, after the dollar sign.
type ContextUse struct {
	At      int
	Context int
}

// Target is a set of objects in the store, and what is sent of each.
type Target struct {
	Path Path

	// Representations are the alternatives by runtime type; the first whose Types admit the object applies. An object
	// that none admits, or of which a required member is null or absent, is not sent: what the fetch would have
	// written stays absent there, and reads as null.
	Representations []Representation
}

// Path is a place in the store.
type Path []PathElement

// PathElement steps from an object to a member. Types, when not nil, are the runtime types of the object that the
// member is found in; objects of other types are left out.
type PathElement struct {
	Key   string
	Types []string
}

// Representation is what identifies an entity to a subgraph: `__typename`, a key, and what @requires needs.
type Representation struct {
	// Types are the runtime types this applies to, sorted; nil admits every object.
	Types []string

	// Typename is the `__typename` that is sent; "" sends the object's own. It is set where the object's runtime type
	// is known beforehand and where the subgraph knows the entity as an interface object.
	Typename string

	Members []Member
}

// Member is one member of a representation: the value at StoreKey sent as Name. A composite value has Members of its
// own; only those are sent of it. Lists are kept as they are.
type Member struct {
	Name     string
	StoreKey string

	// Types are the runtime types of the enclosing object for which the member is sent; nil means all.
	Types   []string
	Members []Member

	// Nullable says that null may be sent (what @requires selects); a member of a key may not be null.
	Nullable bool
}

// SelectionSet is what a subgraph's answer holds at one object, in the order asked.
type SelectionSet []Selection

// Selection is one response key of a subgraph's answer, which is its store key too.
type Selection struct {
	Key string

	// Types are the runtime types of the object that have this member, sorted; nil means all.
	Types []string

	// Sub is the selection of a composite value; nil for leaves.
	Sub SelectionSet

	// Typename is set on a composite value whose runtime type is known although the subgraph is not asked for it.
	Typename string
}

// ObjectShape is the part of the response that one object makes: its fields in the order of the response.
type ObjectShape struct {
	Fields []FieldShape
}

// FieldShape is one member of a response object. One response key may appear in several FieldShapes of an object when
// their Types are disjoint.
type FieldShape struct {
	ResponseKey string

	// StoreKey is where the value is. For `__typename` it may be "", then Typename is the answer.
	StoreKey string
	Typename string

	// ParentType and Name are the field's coordinate in the API schema, for messages.
	ParentType string
	Name       string

	// Types are the runtime types of the enclosing object for which the field is answered, sorted; nil means all.
	Types []string

	// Type is the field's type in the API schema; null propagation and result coercion go by it.
	Type *TypeShape

	// Object is the shape of a composite value, nil for leaves.
	Object *ObjectShape

	// Denied, where it is set, is the error that the field is answered with; there is no value then.
	Denied *operation.Denial
}

// TypeShape is a type reference of the API schema.
type TypeShape struct {
	NonNull bool

	// Elem is the item type of a list; the fields below describe a named type and are unset on lists.
	Elem *TypeShape

	Name string
	Leaf LeafKind

	// EnumValues are the values of an enum that the API schema has, sorted; any other reads as null with an error.
	EnumValues []string

	// PossibleTypes are the object types of the API schema that a composite value may have, sorted. One type means
	// that the value's runtime type is known.
	PossibleTypes []string
}

// LeafKind says how a leaf value is checked on its way out (GraphQL specification, section 3.5, Result Coercion).
type LeafKind uint8

// The kinds of leaves. Composite is no leaf.
const (
	Composite LeafKind = iota
	IntLeaf
	FloatLeaf
	StringLeaf
	BooleanLeaf
	IDLeaf
	EnumLeaf
	CustomLeaf
)

// Deferred is one @defer fragment that is answered after the initial response.
type Deferred struct {
	Label string

	// Parent is 1 + the index of the enclosing deferred part, 0 when it is the initial response.
	Parent int

	// Path is where in the response the fragment stands, by response keys, lists flattened.
	Path []string

	// Shape is what the part adds at Path; its fields apply to the objects that their Types admit.
	Shape *ObjectShape

	// Fetches are the IDs of those fetches that must have ended before the part is complete.
	Fetches []int
}
