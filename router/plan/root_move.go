package plan

import (
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// isQuery reports whether a place below the root has the query's root type. What it is known by is nothing: any subgraph
// may be asked for fields of Query at any time, once the place has objects to write them into.
func (b *builder) isQuery(p *place) bool {
	return p.via != nil && p.typename == b.know.schema.Root(ast.Query)
}

func (b *builder) rootMoveCost(sub *supergraph.Subgraph) int {
	if sub.Types[b.know.schema.Root(ast.Query)] == nil {
		return unreachable
	}
	return fetchCost
}

// querySources are the subgraphs with fields of Query.
func (b *builder) querySources() supergraph.TypeSet {
	var set supergraph.TypeSet
	for _, sub := range b.know.schema.Subgraphs {
		if b.rootMoveCost(sub) < unreachable {
			set = set.Or(supergraph.Single(sub.Index, len(b.know.schema.Subgraphs)))
		}
	}
	return set
}

// moveToRoot makes a fetch of Query for a place below the root, which waits for what makes the objects there.
func (b *builder) moveToRoot(p *place, sub *supergraph.Subgraph, defers int) *entry {
	for _, e := range p.entries {
		if e.draft.place == p && e.sub == sub && e.draft.defers == defers {
			return e
		}
	}
	d := b.newDraft(&draft{sub: sub, kind: Query, defers: defers, place: p})
	for _, e := range p.entries {
		if e.draft.place != p && b.reusable(e, defers) {
			d.dependOn([]*draft{e.draft})
		}
	}
	d.dependOn(b.typeDeps(p, p.possible, nil, defers, nil))
	e := &entry{place: p, draft: d, sub: sub, view: sub.Types[p.typename], types: p.possible}
	e.node = &node{entry: e}
	d.node = e.node
	p.entries = append(p.entries, e)
	return e
}

// rootPath is where a root fetch writes.
func (f *finisher) rootPath(d *draft) Path {
	if d.place == nil {
		return nil
	}
	return f.path(d.place)
}
