package markdown

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// Values of attributes that the policy lets through.
var (
	identifier = regexp.MustCompile(`^[\p{L}\p{N}_][\p{L}\p{N}_.:\-]{0,199}$`)
	classes    = regexp.MustCompile(`^[A-Za-z0-9_\- ]{1,400}$`)
	number     = regexp.MustCompile(`^[0-9]{1,5}%?$`)
	alignment  = regexp.MustCompile(`^(left|center|right)$`)
	nothing    = regexp.MustCompile(`^(open)?$`)
)

// newPolicy says what a page may hold: text, its structure, links and images. No script, no style, no form, no frame, no
// embedded document, and no URL but of the web, of mail, or of the portal's own.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "kbd", "samp", "var",
		"em", "strong", "b", "i", "u", "s", "del", "ins", "mark", "sub", "sup", "small", "ul", "ol", "li", "dl", "dt", "dd",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "div", "span", "details", "summary", "abbr", "figure",
		"figcaption", "a", "img")
	p.SkipElementsContent("svg", "math", "iframe", "noscript", "template", "textarea", "title", "noembed", "noframes", "xmp")
	p.AllowAttrs("id").Matching(identifier).Globally()
	p.AllowAttrs("class").Matching(classes).Globally()
	p.AllowAttrs("title").OnElements("a", "abbr", "img")
	p.AllowAttrs("align").Matching(alignment).OnElements("th", "td")
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("th", "td")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("open").Matching(nothing).OnElements("details")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	return p
}
