package docs

import "time"

// Site is a documentation site, without its pages.
type Site struct {
	EntityID    string
	Title       string
	Description string
	// Folder is where its assets lie in the bucket: `namespace/kind/name`, lower case.
	Folder string
	// ETag is a hash of what it was built from.
	ETag     string
	Nav      []NavItem
	Warnings []string
	Pages    int // how many it has
	BuiltAt  time.Time
}

// NavItem is an entry of a table of contents.
type NavItem struct {
	Title string `json:"title"`
	// Path is the page that it leads to; nil for one that only groups others.
	Path *string `json:"path,omitempty"`
	// Parent is the position of the entry above; nil at the top.
	Parent *int `json:"parent,omitempty"`
	Level  int  `json:"level"`
}

// Page is a page of a site.
type Page struct {
	// Path is its path in the site, such as `guides/refunds`; that of the first page is empty.
	Path     string
	Title    string
	HTML     string
	Headings []Heading
	// Text is what is searched: the words, without markup.
	Text    string
	EditURL string // empty when the site does not say
}

// Heading is a heading in a page.
type Heading struct {
	Level  int    `json:"level"`
	Text   string `json:"text"`
	Anchor string `json:"anchor"`
}

// Asset is a file that pages show or link to.
type Asset struct {
	Path string // in the folder of documents
	Size int64
}

// Built is everything that a build made.
type Built struct {
	Title, Description, ETag string
	Nav                      []NavItem
	Pages                    []Page // in the order of the table of contents
	Assets                   []Asset
	Warnings                 []string
}

// PageKey names a page among all sites.
type PageKey struct{ EntityID, Path string }
