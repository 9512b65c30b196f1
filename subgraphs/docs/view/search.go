package view

import (
	"math"
	"strconv"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/fault"
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

// SearchPage reads the arguments of a search.
func SearchPage(first *int32, after *string) (relay.Page, *docs.Hit, error) {
	page, err := relay.Forward(first, after).Page("docs.search", 3)
	if err != nil || page.After == nil {
		return page, nil, err
	}
	score, err := strconv.ParseFloat(page.After[0], 64)
	if err != nil || math.IsNaN(score) || math.IsInf(score, 0) {
		return page, nil, invalidCursor()
	}
	return page, &docs.Hit{Score: score, EntityID: page.After[1], Path: page.After[2]}, nil
}

func invalidCursor() error {
	return fault.Invalid("docs.cursor", "this is no cursor of this list").WithCode(relay.CodeInvalidCursor)
}
