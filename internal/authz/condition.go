package authz

import (
	"devportal.internal/internal/entityindex"
)

// Args collects the bound parameters of a statement that is put together from parts.
type Args = entityindex.Args

// Entity is what conditions are asked about.
type Entity = entityindex.Entity
