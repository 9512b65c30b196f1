package interfaceobject

import "devportal.internal/graph/relay"

// CatalogEntity is an entity of the catalog, of whatever kind.
type CatalogEntity struct {
	ID  string // the global id
	UID string // the id in the index of entities
}

// New is the entity with this id in the index of entities.
func New(uid string) *CatalogEntity {
	return &CatalogEntity{ID: relay.EntityID(uid), UID: uid}
}

// FromIDs are the entities with these global ids; nil where an id is none of an entity. Whether they exist, and for whom,
// is for the fields to find out.
func FromIDs(ids []string) []*CatalogEntity {
	entities := make([]*CatalogEntity, len(ids))
	for i, id := range ids {
		if uid, err := relay.DecodeIDOf(relay.TypeEntity, id); err == nil {
			entities[i] = New(uid)
		}
	}
	return entities
}

// IsEntity marks a type with a federation key.
func (CatalogEntity) IsEntity() {}
