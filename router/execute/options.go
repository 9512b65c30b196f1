package execute

// Options are a Program's limits and what of errors is shown. The zero value is safe.
type Options struct {
	// MaxDepth bounds the nesting of a subgraph's JSON; 0 means 128.
	MaxDepth int

	// MaxErrors bounds the errors of one response; what passes it is counted and dropped. 0 means 50.
	MaxErrors int

	// Extensions names the members of a subgraph error's `extensions` that reach the client; nil means only "code".
	Extensions []string

	// NameSubgraphs adds the subgraph's name to the `extensions` of its errors.
	NameSubgraphs bool
}

func (o Options) withDefaults() Options {
	if o.MaxDepth <= 0 {
		o.MaxDepth = 128
	}
	if o.MaxErrors <= 0 {
		o.MaxErrors = 50
	}
	if o.Extensions == nil {
		o.Extensions = []string{"code"}
	}
	return o
}
