package markdown

import (
	"bytes"
	"fmt"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
)

// CodePageInvalid is the code of the fault that a page which is too large or too deep makes.
const CodePageInvalid = "DOCS_PAGE_INVALID"

// Limits of one page.
const (
	MaxBytes    = 512 << 10 // of its source, with snippets
	maxHTML     = 4 << 20   // of what is made of it
	maxText     = 256 << 10 // of its words that are searched
	maxHeadings = 1_000
)

// Resolve says where a relative link or image of a page leads; false when nowhere.
type Resolve func(target string) (url string, ok bool)

// Document is a page that was converted.
type Document struct {
	Title    string // of its first heading of level 1; empty when it has none
	HTML     string
	Headings []docs.Heading
	Text     string
}

// Converter turns pages into HTML. Make one with [New]; it serves any number of goroutines.
type Converter struct {
	markdown goldmark.Markdown
	policy   *bluemonday.Policy
}

// Options say what differs between sites.
type Options struct {
	// Permalinks gives each heading a link to itself.
	Permalinks bool
}

// New makes a converter.
func New(opts Options) *Converter {
	return &Converter{
		markdown: goldmark.New(
			goldmark.WithExtensions(extensions(opts)...),
			goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithAttribute()),
			goldmark.WithRendererOptions(html.WithUnsafe()), // what is raw in it is sanitised with the rest
		),
		policy: newPolicy(),
	}
}

// Convert converts a page. Faults are of kind invalid.
func (c *Converter) Convert(source []byte, resolve Resolve) (document Document, err error) {
	const op = "markdown.Convert"
	source, err = checked(source)
	if err != nil {
		return Document{}, err
	}
	// A parser of text that anybody wrote must not end the process, whatever is wrong with it.
	defer func() {
		if broken := recover(); broken != nil {
			document, err = Document{}, fault.Invalid(op, "the page cannot be converted").WithCode(CodePageInvalid).
				Because(fmt.Errorf("panic: %v", broken))
		}
	}()
	var out bytes.Buffer
	if err := c.markdown.Convert(source, &out, parser.WithContext(newContext())); err != nil {
		return Document{}, fault.Invalid(op, "the page cannot be converted").WithCode(CodePageInvalid).Because(err)
	}
	if out.Len() > maxHTML {
		return Document{}, fault.Invalid(op, "the page is larger than %d bytes in HTML", maxHTML).WithCode(CodePageInvalid)
	}
	return inspect(c.policy.Sanitize(rewriteLinks(out.String(), resolve))), nil
}
