package catalog

// Operation is one thing that can be asked of an API, as its definition has it.
type Operation struct {
	// Name is the definition's operation id, or method and path.
	Name        string `json:"name"`
	Summary     string `json:"summary,omitempty"`
	Description string `json:"description,omitempty"`
	Method      string `json:"method"`
	Path        string `json:"path"`
	Deprecated  bool   `json:"deprecated,omitempty"`
}
