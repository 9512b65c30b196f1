package markdown

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
)

// newContext is the context of one page.
func newContext() parser.Context {
	return parser.NewContext(parser.WithIDs(&anchors{used: map[string]int{}}))
}

// anchors makes ids of headings as Python's toc does: words in lower case, joined by hyphens, numbered when they come again.
type anchors struct{ used map[string]int }

// Generate implements [parser.IDs].
func (a *anchors) Generate(value []byte, _ ast.NodeKind) []byte {
	base := slug(string(value))
	id := base
	for n := a.used[base]; a.used[id] > 0; n++ {
		id = base + "_" + strconv.Itoa(n)
	}
	a.used[base]++
	if id != base {
		a.used[id]++
	}
	return []byte(id)
}

// Put implements [parser.IDs].
func (a *anchors) Put(value []byte) { a.used[string(value)]++ }

func slug(text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(text)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_':
			b.WriteRune(r)
		case (unicode.IsSpace(r) || r == '-') && !strings.HasSuffix(b.String(), "-"):
			b.WriteRune('-')
		}
		if b.Len() > 150 {
			break
		}
	}
	id := strings.Trim(b.String(), "-")
	if id == "" {
		return "section"
	}
	return id
}
