package catalog

import (
	"context"
	"time"
)

// Location types.
const (
	LocationFile = "file"
	LocationURL  = "url"
)

// Location is a place that entities are read from.
type Location struct {
	ID     string
	Type   string
	Target string
	// Registered says that a client registered it; otherwise the portal's settings name it.
	Registered bool
	// AllowedKinds are the kinds that it may bring, in lower case; none means all.
	AllowedKinds []string
	// Errors are what went wrong when it was last read.
	Errors []LocationError
	// LastReadAt is when it was last read; zero before the first time.
	LastReadAt time.Time
}

// String is the location's ref, `type:target`.
func (l Location) String() string { return l.Type + ":" + l.Target }

// LocationError is what went wrong in one file of a location.
type LocationError struct {
	Code    string `json:"code"`
	Target  string `json:"target"`
	Line    int    `json:"line,omitempty"`
	Message string `json:"message"`
}

// LocationReader reads locations.
type LocationReader interface {
	Locations(ctx context.Context, ids []string) (map[string]*Location, error)
	// ListLocations gives those after an id, in the order of their ids.
	ListLocations(ctx context.Context, part Slice) ([]*Location, error)
	CountLocations(ctx context.Context) (int, error)
}
