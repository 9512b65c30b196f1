package view

import (
	"devportal.internal/graph/interfaceobject"
	"devportal.internal/subgraphs/scaffolder"
)

// What the graph shows as it is.
type (
	// CatalogEntity is an entity, known here by its id alone.
	CatalogEntity = interfaceobject.CatalogEntity
	// ScaffolderTaskStatus says how far a task or a step has come.
	ScaffolderTaskStatus = scaffolder.Status
	// TaskEventLevel says how much an event matters.
	TaskEventLevel = scaffolder.Level
)
