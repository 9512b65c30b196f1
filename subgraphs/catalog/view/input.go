package view

import "devportal.internal/subgraphs/catalog"

// What the graph shows as the domain has it.
type (
	EntityFilter      = catalog.EntityFilter
	KeyValueInput     = catalog.KeyValueInput
	EntityStatusItem  = catalog.EntityStatusItem
	EntityStatusLevel = catalog.EntityStatusLevel
)
