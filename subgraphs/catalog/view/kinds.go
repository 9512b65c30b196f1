package view

import (
	"devportal.internal/subgraphs/catalog"
)

// The views of the kinds that the catalog knows, and of all others.
type (
	Component         struct{ entity }
	API               struct{ entity }
	Resource          struct{ entity }
	System            struct{ entity }
	Domain            struct{ entity }
	Group             struct{ entity }
	User              struct{ entity }
	Location          struct{ entity }
	AiResource        struct{ entity }
	Template          struct{ entity }
	UnknownKindEntity struct{ entity }
)

// Of gives the view of an entity; null for none.
func (g *Graph) Of(e *catalog.Entity) CatalogEntity { return g.beside(e, nil) }

// beside gives the view of an entity that was read together with others; null for none.
func (g *Graph) beside(e *catalog.Entity, others *siblings) CatalogEntity {
	if e == nil {
		return nil
	}
	v := entity{e: e, g: g, siblings: others}
	switch e.Kind {
	case "Component":
		return &Component{v}
	case "API":
		return &API{v}
	case "Resource":
		return &Resource{v}
	case "System":
		return &System{v}
	case "Domain":
		return &Domain{v}
	case "Group":
		return &Group{v}
	case "User":
		return &User{v}
	case "Location":
		return &Location{v}
	case "AiResource":
		return &AiResource{v}
	case "Template":
		return &Template{v}
	default:
		return &UnknownKindEntity{v}
	}
}
