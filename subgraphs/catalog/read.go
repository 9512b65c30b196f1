package catalog

import (
	"context"

	"devportal.internal/internal/entityindex"
)

// Access is the predicate under which entities are read.
type Access = entityindex.Predicate

// Slice is the part of a list to read, by the key of its items.
type Slice struct {
	// Limit is how many items to read at most.
	Limit int
	// After and Before bound the list, exclusive; "" for no bound.
	After, Before string
	// Descending reads from the end.
	Descending bool
}

// RelationsOf asks for a part of an entity's relations, in the order of type and target. It is comparable: batches are
// keyed by it.
type RelationsOf struct {
	Ref string
	// Types restricts them, sorted and joined by newlines; "" for all.
	Types string
	Limit int
	// Descending reads from the end of the list.
	Descending bool
	// The sort keys of the relations between which the part lies; "" for no bound.
	AfterType, AfterTarget, BeforeType, BeforeTarget string
}

// RelatedTo asks for a part of the entities that one is related to, in the order of their refs. It is comparable.
type RelatedTo struct {
	Ref, Type string
	// Kind restricts them to one kind, in lower case; "" for all.
	Kind string
	Slice
}

// EntitiesOf asks for a part of the entities that were read from a location, in the order of their refs. It is comparable.
type EntitiesOf struct {
	LocationID string
	Slice
}

// EntityRelation is a relation as it is read: the target is null when nobody describes it.
type EntityRelation struct {
	Type, TargetRef string
	Target          *Entity
}

// Reader reads entities. What the access does not hold for is not there: not in lists, counts or relations. Every method
// takes a fixed number of statements, however much it is asked for.
type Reader interface {
	ByID(ctx context.Context, access Access, ids []string) (map[string]*Entity, error)
	ByRef(ctx context.Context, access Access, refs []string) (map[string]*Entity, error)
	List(ctx context.Context, access Access, filter *EntityFilter, part Slice) ([]*Entity, error)
	Count(ctx context.Context, access Access, filter *EntityFilter) (int, error)
	OfLocations(ctx context.Context, access Access, wanted []EntitiesOf) (map[EntitiesOf][]*Entity, error)
	CountOfLocations(ctx context.Context, access Access, locationIDs []string) (map[string]int, error)
	Relations(ctx context.Context, access Access, wanted []RelationsOf) (map[RelationsOf][]EntityRelation, error)
	// CountRelations counts whole lists; of the keys, only Ref and Types matter.
	CountRelations(ctx context.Context, access Access, wanted []RelationsOf) (map[RelationsOf]int, error)
	Related(ctx context.Context, access Access, wanted []RelatedTo) (map[RelatedTo][]*Entity, error)
	// CountRelated counts whole lists; of the keys, only Ref, Type and Kind matter.
	CountRelated(ctx context.Context, access Access, wanted []RelatedTo) (map[RelatedTo]int, error)
	// Hidden gives those of the refs that name entities for which the access does not hold.
	Hidden(ctx context.Context, access Access, refs []string) (map[string]bool, error)
	// Operations gives the operations of APIs, by the APIs' ids, in the order of path and method.
	Operations(ctx context.Context, ids []string) (map[string][]Operation, error)
}
