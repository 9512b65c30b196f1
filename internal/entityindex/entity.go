package entityindex

import "encoding/json"

// Topic is the topic of the event log on which the catalog publishes a [Change] for each entity. The key of such an
// event is the entity's id.
const Topic = "catalog"

// Entity is a catalog entity as far as the other subgraphs know it.
type Entity struct {
	// ID is the entity's uid: it survives a rename.
	ID string `json:"id"`
	// Ref is `kind:namespace/name`, lower case.
	Ref string `json:"ref"`
	// Kind is the kind as written, for example "Component".
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Title     string `json:"title,omitempty"`
	// Owners are the refs of the owning groups and users, lower case.
	Owners    []string `json:"owners,omitempty"`
	Type      string   `json:"type,omitempty"`
	Lifecycle string   `json:"lifecycle,omitempty"`
	// System is the ref of the system that the entity is part of, or empty.
	System      string            `json:"system,omitempty"`
	Tags        []string          `json:"tags,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Spec is the entity's spec, a JSON object, or empty.
	Spec json.RawMessage `json:"spec,omitempty"`
}
