package plan

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// place is an object, or the objects of a list, in the store while a plan is being made.
type place struct {
	parent *place
	via    *part

	// typename is the supergraph's type, possible the runtime types that the first subgraph asked may return, agreed
	// those of them that every subgraph which could have been asked knows.
	typename string
	possible supergraph.TypeSet
	agreed   supergraph.TypeSet

	// sources are the subgraphs that could be asked about the object.
	sources supergraph.TypeSet

	fields  []*operation.Field
	values  []*value
	byField map[*operation.Field][]*value
	entries []*entry

	inList bool
}

// value is a field that is wanted at a place, by the client or to identify the object to a subgraph.
type value struct {
	place     *place
	key       string
	name      string
	arguments ast.ArgumentList
	argsKey   string
	signature signature
	types     supergraph.TypeSet
	typename  string
	composite bool
	list      bool
	fields    []*operation.Field
	defers    int

	// alone says that no other value may share the store key.
	alone bool

	resolved supergraph.TypeSet
	sources  []source
	parts    []*part
}

// source is a fetch that supplies a value for some types.
type source struct {
	entry *entry
	types supergraph.TypeSet
}

// part is a composite value for those runtime types of the enclosing object that take it from the same subgraphs.
type part struct {
	value *value
	types supergraph.TypeSet
	child *place
}

// entry is a fetch's selection set at a place.
type entry struct {
	place    *place
	draft    *draft
	sub      *supergraph.Subgraph
	view     *supergraph.Type
	types    supergraph.TypeSet
	provided supergraph.FieldSet
	node     *node
}

// blind reports whether the subgraph does not know the concrete type of the object.
func (e *entry) blind() bool { return e.view != nil && e.view.InterfaceObject }

// node is a selection set in the document of a fetch.
type node struct {
	entry    *entry
	fields   []*nodeField
	typename bool
}

// nodeField is one field of a node, for some runtime types of the object.
type nodeField struct {
	value *value
	types supergraph.TypeSet
	child *node

	// external says that the subgraph marks the field external, and nothing provides it: a key.
	external bool

	// contexts are the arguments that the subgraph has filled from enclosing objects.
	contexts []supergraph.ContextArgument
}

// draft is a fetch in the making: fields of a root, or one call of _entities.
type draft struct {
	id     int
	sub    *supergraph.Subgraph
	kind   OperationKind
	defers int
	node   *node
	deps   []*draft

	// place is where an entity fetch stands, or a fetch of Query below the root; nil is the root.
	place *place

	// The rest is of entity fetches. view is the type that representations name: nil where they name the object's own.
	entity   bool
	view     *supergraph.Type
	keys     []keyUse
	requires []requirement
	contexts []*contextUse
}

// keyUse is the key by which a draft identifies objects of some types.
type keyUse struct {
	key   *supergraph.Key
	types supergraph.TypeSet
}

// requirement is a field set of @requires that a draft sends for some types.
type requirement struct {
	set   supergraph.FieldSet
	types supergraph.TypeSet
}

// blind reports whether the fetch asks an interface object, whose selections cannot be told apart by type.
func (d *draft) blind() bool { return d.view != nil && d.view.InterfaceObject }

func (d *draft) dependOn(list []*draft) {
	for _, dep := range list {
		if dep != d {
			d.deps = addDraft(d.deps, dep)
		}
	}
}

func addDraft(list []*draft, d *draft) []*draft {
	for _, other := range list {
		if other == d {
			return list
		}
	}
	return append(list, d)
}

// needs reports whether d must wait for other, directly or not.
func (d *draft) needs(other *draft) bool {
	seen := map[*draft]bool{}
	var walk func(*draft) bool
	walk = func(at *draft) bool {
		if at == other {
			return true
		}
		if seen[at] {
			return false
		}
		seen[at] = true
		for _, dep := range at.deps {
			if walk(dep) {
				return true
			}
		}
		return false
	}
	return walk(d)
}
