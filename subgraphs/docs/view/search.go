package view

import (
	"math"
	"strconv"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/docs"
)

// DocsSearchHit is a page in which something was found.
type DocsSearchHit struct{ hit docs.Hit }

// NewHits shows what was found.
func NewHits(found []docs.Hit) []*DocsSearchHit {
	hits := make([]*DocsSearchHit, len(found))
	for i, hit := range found {
		hits[i] = &DocsSearchHit{hit}
	}
	return hits
}

// Title is the page's title.
func (h *DocsSearchHit) Title() string { return h.hit.Title }

// Path is the page's path in its site.
func (h *DocsSearchHit) Path() string { return h.hit.Path }

// Snippet is the words around what was found.
func (h *DocsSearchHit) Snippet() string { return h.hit.Snippet }

// Score is how well the page fits.
func (h *DocsSearchHit) Score() float64 { return h.hit.Score }

// Entity is the entity that the page documents.
func (h *DocsSearchHit) Entity() *interfaceobject.CatalogEntity {
	return interfaceobject.New(h.hit.EntityID)
}

// SortKey is its sort key in what was found.
func (h *DocsSearchHit) SortKey() []string {
	return []string{strconv.FormatFloat(h.hit.Score, 'g', -1, 64), h.hit.EntityID, h.hit.Path}
}

// DocsSearchConnection is a page of pages that were found.
type DocsSearchConnection struct {
	relay.Connection[*DocsSearchHit]
}

// DocsSearchEdge is what was found on a page, and its cursor.
type DocsSearchEdge relay.Edge[*DocsSearchHit]

// Edges are the pages that were found on the page, each with its cursor.
func (c *DocsSearchConnection) Edges() []*DocsSearchEdge {
	return relay.Edges[DocsSearchEdge](c.Connection)
}

// SearchPage reads the arguments of a search.
func SearchPage(args relay.Args) (page relay.Page, part entityindex.Keyset, err error) {
	if page, err = args.Page("docs.search", 3); err != nil {
		return page, part, err
	}
	part, err = page.Keyset(func(key []string) ([]any, error) {
		score, err := strconv.ParseFloat(key[0], 64)
		if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
			return nil, relay.InvalidCursor()
		}
		return []any{-score, key[1], key[2]}, nil
	})
	return page, part, err
}
