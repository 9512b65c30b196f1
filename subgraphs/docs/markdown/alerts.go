package markdown

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// alerts makes admonitions of GitHub's: block quotes that begin with `[!NOTE]`.
type alerts struct{}

// Extend implements [goldmark.Extender].
func (alerts) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithASTTransformers(util.Prioritized(alerts{}, 100)))
}

var alertLine = regexp.MustCompile(`^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*$`)

// Transform implements [parser.ASTTransformer].
func (alerts) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	var quotes []*ast.Blockquote
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if quote, ok := n.(*ast.Blockquote); ok && entering {
			quotes = append(quotes, quote)
		}
		return ast.WalkContinue, nil
	})
	for _, quote := range quotes {
		alert(quote, reader.Source())
	}
}

// alert replaces a block quote that is one. The line that says so goes; a paragraph that has no other goes with it.
func alert(quote *ast.Blockquote, source []byte) {
	paragraph, ok := quote.FirstChild().(*ast.Paragraph)
	if !ok || paragraph.Lines().Len() == 0 {
		return
	}
	first := paragraph.Lines().At(0)
	match := alertLine.FindStringSubmatch(strings.TrimRight(string(first.Value(source)), "\r\n"))
	if match == nil {
		return
	}
	for child := paragraph.FirstChild(); child != nil; child = paragraph.FirstChild() {
		t, ok := child.(*ast.Text)
		if ok && t.Segment.Start >= first.Stop {
			break
		}
		paragraph.RemoveChild(paragraph, child)
		if ok && (t.SoftLineBreak() || t.HardLineBreak()) {
			break
		}
	}
	if !paragraph.HasChildren() {
		quote.RemoveChild(quote, paragraph)
	}
	c := &container{class: strings.ToLower(match[1])}
	for child := quote.FirstChild(); child != nil; child = quote.FirstChild() {
		c.AppendChild(c, child)
	}
	quote.Parent().ReplaceChild(quote.Parent(), quote, c)
}
