package view

import "devportal.internal/graph/interfaceobject"

// CatalogEntity is an entity, known here by its id alone.
type CatalogEntity = interfaceobject.CatalogEntity
