package view

import (
	"devportal.internal/graph/interfaceobject"
	"devportal.internal/subgraphs/docs"
)

// What the graph shows as it is.
type (
	// CatalogEntity is an entity, known here by its id alone.
	CatalogEntity = interfaceobject.CatalogEntity
	// DocsNavItem is an entry of a table of contents.
	DocsNavItem = docs.NavItem
	// DocsHeading is a heading in a page.
	DocsHeading = docs.Heading
	// DocsBuildResult says what happened to a site.
	DocsBuildResult = docs.BuildResult
)
