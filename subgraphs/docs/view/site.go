package view

import (
	"time"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/docs"
)

// TypeSite is the type part of sites' global ids.
const TypeSite = "DocsSite"

// DocsSite is a site as the graph shows it.
type DocsSite struct {
	site     docs.Site
	siblings *interfaceobject.Siblings
}

// NewSite shows a site, which was asked for together with those of other entities.
func NewSite(site docs.Site, siblings *interfaceobject.Siblings) *DocsSite {
	return &DocsSite{site, siblings}
}

// Siblings are the entities whose sites were asked for together, its own included.
func (s *DocsSite) Siblings() *interfaceobject.Siblings { return s.siblings }

// IsEntity marks a type with a federation key.
func (DocsSite) IsEntity() {}

// IsNode marks an implementer of Node.
func (DocsSite) IsNode() {}

// EntityID is the id of its entity in the index.
func (s *DocsSite) EntityID() string { return s.site.EntityID }

// ID is the global id.
func (s *DocsSite) ID() string { return relay.EncodeID(TypeSite, s.site.EntityID) }

// Title is the site's title.
func (s *DocsSite) Title() string { return s.site.Title }

// Description is what the site is about; nil when it does not say.
func (s *DocsSite) Description() *string { return optional(s.site.Description) }

// UpdatedAt is when it was last built.
func (s *DocsSite) UpdatedAt() time.Time { return s.site.BuiltAt }

// Etag identifies its sources.
func (s *DocsSite) Etag() string { return s.site.ETag }

// Entity is the entity that it documents.
func (s *DocsSite) Entity() *interfaceobject.CatalogEntity {
	return interfaceobject.New(s.site.EntityID)
}

// Nav is the table of contents.
func (s *DocsSite) Nav() []docs.NavItem { return s.site.Nav }

// Warnings are for its authors.
func (s *DocsSite) Warnings() []string { return s.site.Warnings }

// PageCount is how many pages it has.
func (s *DocsSite) PageCount() int { return s.site.Pages }

// DocsBuild is a build of a site, as one subscriber sees it.
type DocsBuild struct {
	Cursor string
	Result docs.BuildResult
	Site   *DocsSite // nil when it was removed
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
