package plan

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
)

// builder makes one draft of a plan, following the choices that it is given.
//
//  1. The root place gets the client's fields as values (values.go).
//  2. Each value is resolved: the options are local fields, key moves, requires, re-entry from the root; the cheapest
//     by estimate is taken unless the search says otherwise (resolve.go, options.go, estimate.go).
//  3. What keys and requires need becomes values of the same place and is resolved in turn (want.go, enter.go).
//  4. A composite value makes a place, which is completed the same way.
type builder struct {
	know  *knowledge
	op    *operation.Normalised
	limit int
	steps int

	choices []int
	trail   []int

	root      *place
	drafts    []*draft
	entering  map[visit]bool
	resolving map[*value]bool
	depth     int
	detouring bool
	estimates map[estimateKey]int

	// interrupt is asked now and then whether to go on.
	interrupt   func() error
	interrupted bool

	err error
}

// visit is a place being entered into a subgraph, to notice cycles.
type visit struct {
	place *place
	sub   int
	types string
}

func (b *builder) build() (err error) {
	defer b.recoverStop(&err)
	all := make(supergraph.TypeSet, (len(b.know.schema.Subgraphs)+63)/64)
	for i := range b.know.schema.Subgraphs {
		all = all.Or(supergraph.Single(i, len(b.know.schema.Subgraphs)))
	}
	possible := b.know.schema.Possible(b.op.Root)
	b.root = &place{typename: b.op.Root, possible: possible, agreed: possible, sources: all, fields: b.op.Fields}
	if b.op.Kind == ast.Mutation {
		b.completeInOrder()
	} else {
		b.complete(b.root)
	}
	return nil
}

// stopped unwinds a build that cannot go on.
type stopped struct{}

func (b *builder) stop(code, format string, arguments ...any) {
	b.err = &Error{Code: code, Message: fmt.Sprintf(format, arguments...)}
	panic(stopped{})
}

func (b *builder) recoverStop(err *error) {
	if r := recover(); r != nil {
		if _, ok := r.(stopped); !ok {
			panic(r)
		}
		*err = b.err
	}
}

func (b *builder) step() {
	if b.steps++; b.steps > b.limit {
		b.stop(CodeTooComplex, "the operation needs more than %d planning steps", b.limit)
	}
	if b.steps%256 == 0 {
		if err := b.interrupt(); err != nil {
			b.err, b.interrupted = err, true
			panic(stopped{})
		}
	}
}

// hopeless reports whether a build failed for a reason that no other choice mends.
func (b *builder) hopeless() bool { return b.interrupted || b.steps > b.limit }

// completeInOrder plans the root fields of a mutation one after the other: everything of one field ends before the
// next begins (GraphQL specification, section 6.2.2). Neighbours that nothing follows on go in one request.
func (b *builder) completeInOrder() {
	b.addClientValues(b.root)
	for _, field := range b.root.fields {
		for _, v := range b.root.byField[field] {
			before := len(b.drafts)
			b.resolve(v, v.types, v.defers)
			if slices.ContainsFunc(b.drafts[before:], func(d *draft) bool { return d.place != nil }) {
				b.root.entries = nil
			}
		}
	}
}

// newDraft starts a fetch.
func (b *builder) newDraft(d *draft) *draft {
	d.id = len(b.drafts)
	b.drafts = append(b.drafts, d)
	return d
}

// rootEntry is the entry of a subgraph at the root.
func (b *builder) rootEntry(sub *supergraph.Subgraph, defers int) *entry {
	d := &draft{sub: sub, kind: OperationKind(b.op.Kind), defers: defers}
	if b.op.Kind == ast.Mutation {
		d.dependOn(b.drafts)
		b.root.entries = nil
	}
	e := &entry{place: b.root, draft: d, sub: sub, view: sub.Types[b.op.Root], types: b.root.possible}
	e.node = &node{entry: e}
	d.node = e.node
	b.newDraft(d)
	b.root.entries = append(b.root.entries, e)
	return e
}

// choose takes one of n options in order of estimated cost, as the search wants.
func (b *builder) choose(n int) int {
	at := len(b.trail)
	b.trail = append(b.trail, n)
	if at < len(b.choices) && b.choices[at] < n {
		return b.choices[at]
	}
	return 0
}
