package catalog

import (
	"encoding/json"
	"time"

	"devportal.internal/internal/entityindex"
)

// Entity is an entity as the catalog keeps it. What other subgraphs know of it is its embedded part.
type Entity struct {
	entityindex.Entity

	APIVersion  string
	Description string
	Links       []Link
	// LocationID is the location that the entity was read from.
	LocationID string
	// Source is the file or URL within the location.
	Source string
	// Status is what is wrong with the newest form of the entity.
	Status []EntityStatusItem
	// Orphan says that no location emits the entity any more.
	Orphan    bool
	UpdatedAt time.Time
	// Hash identifies the content: an entity whose hash is as before is not written again.
	Hash string
	// Metadata is everything that the file said in metadata and that has no field of its own, as JSON.
	Metadata json.RawMessage
}

// Link is a link that an entity's owners put on its page. Its fields are those of the file.
type Link struct {
	URL   string `json:"url"`
	Title string `json:"title,omitempty"`
	Icon  string `json:"icon,omitempty"`
	Type  string `json:"type,omitempty"`
}

// EntityStatusLevel is how bad a status item is. Its values are those of the graph's EntityStatusLevel.
type EntityStatusLevel string

// The levels.
const (
	StatusInfo    EntityStatusLevel = "INFO"
	StatusWarning EntityStatusLevel = "WARNING"
	StatusError   EntityStatusLevel = "ERROR"
)

// EntityStatusItem is something that the catalog has to say about an entity's files.
type EntityStatusItem struct {
	Level   EntityStatusLevel `json:"level"`
	Code    string            `json:"code"`
	Message string            `json:"message"`
}
