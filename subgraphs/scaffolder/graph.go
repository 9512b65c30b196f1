package scaffolder

import (
	"context"

	"devportal.internal/internal/auth"
)

// Graph is the portal's own graph, as a task uses it: with the rights of whoever started the task.
type Graph interface {
	// RegisterLocation registers a place of the catalog, of type "file" or "url", and gives the references of the entities
	// that were read from it, as far as the principal may see them. A place that is registered already is no error.
	RegisterLocation(ctx context.Context, principal auth.Principal, locationType, target string) (entityRefs []string, err error)
}
