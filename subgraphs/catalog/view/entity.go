package view

import (
	"context"
	"maps"
	"slices"
	"time"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/authz"
	"devportal.internal/subgraphs/catalog"
)

// CatalogEntity is a view of an entity of any kind.
type CatalogEntity interface {
	IsCatalogEntity()
	IsNode()
	IsEntity()
	// Subject is the entity behind the view.
	Subject() *catalog.Entity
}

// entity is what the views of all kinds have in common.
type entity struct {
	e        *catalog.Entity
	g        *Graph
	siblings *siblings // nil for an entity that was read alone
}

// IsCatalogEntity, IsNode and IsEntity say which types of the schema a view is.
func (entity) IsCatalogEntity() {}

// IsNode says that the view has a global id.
func (entity) IsNode() {}

// IsEntity says that the router may fetch the view by its key.
func (entity) IsEntity() {}

// Subject is the entity behind the view.
func (v entity) Subject() *catalog.Entity { return v.e }

// ID is the global id.
func (v entity) ID() string { return relay.EntityID(v.e.ID) }

// Ref is the entity's ref.
func (v entity) Ref() string { return v.e.Ref }

// Kind is the kind, as written.
func (v entity) Kind() string { return v.e.Kind }

// APIVersion is the version of the file's format.
func (v entity) APIVersion() string { return v.e.APIVersion }

// Namespace is the entity's namespace.
func (v entity) Namespace() string { return v.e.Namespace }

// Name is the entity's name.
func (v entity) Name() string { return v.e.Name }

// Title is a name for people.
func (v entity) Title() *string { return optional(v.e.Title) }

// Description is what the entity is.
func (v entity) Description() *string { return optional(v.e.Description) }

// Tags are words to find it by.
func (v entity) Tags() []string { return nonNil(v.e.Tags) }

// Labels are its labels, by key.
func (v entity) Labels() []*KeyValue { return keyValues(v.e.Labels) }

// Links are what its owners link to.
func (v entity) Links() []*EntityLink {
	links := make([]*EntityLink, len(v.e.Links))
	for i, link := range v.e.Links {
		links[i] = &EntityLink{URL: link.URL, Title: optional(link.Title), Icon: optional(link.Icon), Type: optional(link.Type)}
		if link.Title == "" {
			links[i].Title = &link.URL
		}
	}
	return links
}

// Status is what is wrong with its files.
func (v entity) Status() []*catalog.EntityStatusItem {
	items := make([]*catalog.EntityStatusItem, len(v.e.Status))
	for i := range v.e.Status {
		items[i] = &v.e.Status[i]
	}
	return items
}

// Orphan says that no location emits it any more.
func (v entity) Orphan() bool { return v.e.Orphan }

// UpdatedAt is when it last changed.
func (v entity) UpdatedAt() time.Time { return v.e.UpdatedAt }

// Location is where it was read from.
func (v entity) Location(ctx context.Context) (*CatalogLocation, error) {
	if v.e.LocationID == "" {
		return nil, nil
	}
	access, err := v.g.gate.Access(ctx, authz.CatalogLocationRead)
	if err != nil || access.Denied() {
		return nil, err
	}
	expect(ctx, v, v.g.byLocation, "location", func(e *catalog.Entity) []string { return []string{e.LocationID} })
	location, err := v.g.byLocation.Load(ctx, v.e.LocationID)
	return v.g.LocationView(location), err
}

// Owner is the first owner that may be seen.
func (v entity) Owner(ctx context.Context) (CatalogEntity, error) {
	owners, err := v.Owners(ctx)
	if err != nil || len(owners) == 0 {
		return nil, err
	}
	return owners[0], nil
}

// Owners are the groups and users that own it.
func (v entity) Owners(ctx context.Context) ([]CatalogEntity, error) {
	expect(ctx, v, v.g.byRef, "owners", func(e *catalog.Entity) []string { return e.Owners })
	owners, err := v.g.byRef.LoadAll(ctx, v.e.Owners)
	if err != nil {
		return nil, err
	}
	owners = slices.DeleteFunc(slices.Clone(owners), func(e *catalog.Entity) bool { return e == nil })
	return v.g.all(owners), nil
}

// KeyValue is a key and a value.
type KeyValue struct {
	Key, Value string
}

// EntityLink is a link on an entity's page.
type EntityLink struct {
	URL               string
	Title, Icon, Type *string
}

func keyValues(values map[string]string) []*KeyValue {
	out := make([]*KeyValue, 0, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		out = append(out, &KeyValue{Key: key, Value: values[key]})
	}
	return out
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func nonNil(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}
