package markdown

import (
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// marker is text that the parser made itself: a permalink, or a table of contents.
type marker struct {
	ast.BaseBlock

	html string
}

var kindMarker = ast.NewNodeKind("Marker")

// Kind implements [ast.Node].
func (m *marker) Kind() ast.NodeKind { return kindMarker }

// Dump implements [ast.Node].
func (m *marker) Dump(source []byte, level int) { ast.DumpHelper(m, source, level, nil, nil) }

// contents replaces a paragraph `[TOC]` by links to the headings, and gives each heading a link to itself if that is wanted.
type contents struct{ permalinks bool }

// Extend implements [goldmark.Extender].
func (c contents) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithASTTransformers(util.Prioritized(c, 950)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(c, 500)))
}

// Transform implements [parser.ASTTransformer].
func (c contents) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	source := reader.Source()
	var headings []*ast.Heading
	var tables []*ast.Paragraph
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			headings = append(headings, n)
		case *ast.Paragraph:
			if n.Lines().Len() == 1 && strings.TrimSpace(string(linesOf(n, source))) == "[TOC]" {
				tables = append(tables, n)
			}
		}
		return ast.WalkContinue, nil
	})
	if len(tables) > 0 {
		table := tableOf(headings, source)
		tables[0].Parent().ReplaceChild(tables[0].Parent(), tables[0], &marker{html: table})
	}
	if c.permalinks {
		for _, heading := range headings {
			heading.AppendChild(heading, &marker{html: ` <a class="` + permalinkClass + `" href="#` + html.EscapeString(idOf(heading)) +
				`" title="Link to this heading">¶</a>`})
		}
	}
}

func tableOf(headings []*ast.Heading, source []byte) string {
	var out strings.Builder
	out.WriteString(`<ul class="toc">`)
	for i, heading := range headings {
		if i == maxHeadings {
			break
		}
		out.WriteString(`<li class="toc-` + string(rune('0'+heading.Level)) + `"><a href="#` + html.EscapeString(idOf(heading)) + `">` +
			html.EscapeString(wordsOf(heading, source)) + "</a></li>\n")
	}
	return out.String() + "</ul>\n"
}

func idOf(heading *ast.Heading) string {
	id, _ := heading.AttributeString("id")
	if text, ok := id.([]byte); ok {
		return string(text)
	}
	return ""
}

// wordsOf is the text in a node.
func wordsOf(n ast.Node, source []byte) string {
	var words strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			switch n := n.(type) {
			case *ast.Text:
				words.Write(n.Segment.Value(source))
			case *ast.String:
				words.Write(n.Value)
			case *abbreviation:
				words.WriteString(n.short)
			}
		}
		return ast.WalkContinue, nil
	})
	return words.String()
}

// RegisterFuncs implements [renderer.NodeRenderer].
func (c contents) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(kindMarker, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if m, ok := n.(*marker); ok && entering {
			_, _ = w.WriteString(m.html)
		}
		return ast.WalkContinue, nil
	})
}
