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

// PageRange reads the arguments of the list of pages of a site.
func PageRange(entityID string, first *int32, after *string) (relay.Page, postgres.Range, error) {
	page, err := relay.Forward(first, after).Page("docs.pages", 1)
	if err != nil {
		return page, postgres.Range{}, err
	}
	rows := postgres.Range{EntityID: entityID, After: -1, Limit: page.Fetch()}
	if page.After != nil {
		if rows.After, err = strconv.Atoi(page.After[0]); err != nil || rows.After < -1 || rows.After > 1<<30 {
			return page, rows, invalidCursor()
		}
	}
	return page, rows, nil
}
