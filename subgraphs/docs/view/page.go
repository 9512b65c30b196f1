package view

import (
	"strconv"

	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/postgres"
)

// DocsPage is a page as the graph shows it. Its HTML is read when it is asked for.
type DocsPage struct {
	row    postgres.PageRow
	beside Beside
}

// Beside is what a page was asked for with.
type Beside struct {
	// Occasion is comparable and tells one list from another; nil for a page that was asked for alone.
	Occasion any
	// Keys are the pages that the list and those of sibling sites have.
	Keys func() []docs.PageKey
}

// NewPage shows a page that was asked for alone.
func NewPage(row postgres.PageRow) *DocsPage { return &DocsPage{row: row} }

// NewPages shows pages of a list.
func NewPages(rows []postgres.PageRow, beside Beside) []*DocsPage {
	pages := make([]*DocsPage, len(rows))
	for i, row := range rows {
		pages[i] = &DocsPage{row, beside}
	}
	return pages
}

// Beside is what the page was asked for with.
func (p *DocsPage) Beside() Beside { return p.beside }

// Key names the page among all sites.
func (p *DocsPage) Key() docs.PageKey {
	return docs.PageKey{EntityID: p.row.EntityID, Path: p.row.Path}
}

// SortKey is its sort key in the list of its site.
func (p *DocsPage) SortKey() []string { return []string{strconv.Itoa(p.row.Ordinal)} }

// Path is its path in its site.
func (p *DocsPage) Path() string { return p.row.Path }

// Title is its title.
func (p *DocsPage) Title() string { return p.row.Title }

// Headings are its headings, in order.
func (p *DocsPage) Headings() []docs.Heading { return p.row.Headings }

// EditURL is where to edit it; nil when its site does not say.
func (p *DocsPage) EditURL() *string { return optional(p.row.EditURL) }

// DocsPageConnection is a page of pages.
type DocsPageConnection struct{ relay.Connection[*DocsPage] }

// DocsPageEdge is a page on a page, and its cursor.
type DocsPageEdge relay.Edge[*DocsPage]

// Edges are the pages on the page, each with its cursor.
func (c *DocsPageConnection) Edges() []*DocsPageEdge { return relay.Edges[DocsPageEdge](c.Connection) }

// PageRange reads the arguments of the list of pages of a site.
func PageRange(entityID string, args relay.Args) (relay.Page, postgres.Range, error) {
	page, err := args.Page("docs.pages", 1)
	if err != nil {
		return page, postgres.Range{}, err
	}
	rows := postgres.Range{EntityID: entityID, Backward: page.Backward, Limit: page.Fetch()}
	if rows.After, err = ordinal(page.After, -1); err != nil {
		return page, rows, err
	}
	rows.Before, err = ordinal(page.Before, postgres.NoBound)
	return page, rows, err
}

// ordinal is what the sort key of a page says.
func ordinal(key []string, none int) (int, error) {
	if key == nil {
		return none, nil
	}
	at, err := strconv.Atoi(key[0])
	if err != nil || at < -1 || at > postgres.NoBound {
		return 0, relay.InvalidCursor()
	}
	return at, nil
}
