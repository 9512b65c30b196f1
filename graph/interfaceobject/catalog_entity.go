package interfaceobject

import "devportal.internal/graph/relay"

// CatalogEntity is an entity of the catalog, of whatever kind.
type CatalogEntity struct {
	ID  string // the global id
	UID string // the id in the index of entities

	siblings *Siblings
}

// Siblings are the entities that the router asked for in one request. Its address tells it from others.
type Siblings struct {
	uids []string
}

// NewSiblings are the entities with these ids in the index of entities, asked for together.
func NewSiblings(uids ...string) *Siblings { return &Siblings{uids} }

// New is the entity with this id in the index of entities.
func New(uid string) *CatalogEntity {
	return &CatalogEntity{ID: relay.EntityID(uid), UID: uid, siblings: NewSiblings(uid)}
}

// FromIDs are the entities with these global ids; nil where an id is none of an entity. Whether they exist, and for whom,
// is for the fields to find out.
func FromIDs(ids []string) []*CatalogEntity {
	entities := make([]*CatalogEntity, len(ids))
	siblings := &Siblings{}
	for i, id := range ids {
		if uid, err := relay.DecodeIDOf(relay.TypeEntity, id); err == nil {
			entities[i] = &CatalogEntity{ID: relay.EntityID(uid), UID: uid, siblings: siblings}
			siblings.uids = append(siblings.uids, uid)
		}
	}
	return entities
}

// Siblings are the entities that were asked for together with this one, itself included.
func (e *CatalogEntity) Siblings() *Siblings { return e.siblings }

// UIDs are their ids in the index of entities.
func (s *Siblings) UIDs() []string { return s.uids }

// IsEntity marks a type with a federation key.
func (CatalogEntity) IsEntity() {}
