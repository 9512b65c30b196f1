package execute

import "context"

// Part is the answer of one deferred fragment at one place of the response.
type Part struct {
	Label string

	// Path is the object that Data belongs to.
	Path []PathElement

	// Data is a JSON object, or null when a null propagated to the fragment's top.
	Data   []byte
	Errors []Error
}

// Parts are the deferred parts of a response, in the order in which they become complete, parents before children. It is
// used by one goroutine.
type Parts struct{}

// Next waits for the next parts: those of one fragment, one for each object it applies to, maybe none. More says that
// others follow. After the last it returns io.EOF; when ctx ends, its error.
func (p *Parts) Next(ctx context.Context) (parts []Part, more bool, err error) { return nil, false, nil }

// Close ends what is under way and waits for it.
func (p *Parts) Close() {}
