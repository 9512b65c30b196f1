package markdown

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// delimited is inline text within an element: `==mark==`, `^sup^`, `^^ins^^`, `~sub~`, `~~del~~`.
type delimited struct {
	ast.BaseInline

	element string
}

var kindDelimited = ast.NewNodeKind("Delimited")

// Kind implements [ast.Node].
func (d *delimited) Kind() ast.NodeKind { return kindDelimited }

// Dump implements [ast.Node].
func (d *delimited) Dump(source []byte, level int) {
	ast.DumpHelper(d, source, level, map[string]string{"element": d.element}, nil)
}

// marks are the elements by character: for one of them, and for two. Empty: such text is no mark.
var marks = map[byte][2]string{'=': {"", "mark"}, '^': {"sup", "ins"}, '~': {"sub", "del"}}

// delimiters adds the marks.
type delimiters struct{}

// Extend implements [goldmark.Extender].
func (delimiters) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithInlineParsers(util.Prioritized(delimiters{}, 500)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(delimiters{}, 500)))
}

// Trigger implements [parser.InlineParser].
func (delimiters) Trigger() []byte { return []byte{'=', '^', '~'} }

// Parse implements [parser.InlineParser].
func (delimiters) Parse(_ ast.Node, block text.Reader, pc parser.Context) ast.Node {
	before := block.PrecendingCharacter()
	line, segment := block.PeekLine()
	char := line[0]
	if before == rune(char) {
		return nil
	}
	node := parser.ScanDelimiter(line, before, 1, delimiter(char))
	if node == nil || node.OriginalLength > 2 || marks[char][node.OriginalLength-1] == "" {
		return nil
	}
	// In Python's extensions a single one may stand within a word, as in H~2~O.
	node.CanOpen, node.CanClose = node.CanOpen || node.OriginalLength == 1, node.CanClose || node.OriginalLength == 1
	after := block.Source()[min(segment.Start+node.OriginalLength, len(block.Source())):]
	if len(after) == 0 || util.IsSpace(after[0]) {
		node.CanOpen = false
	}
	if util.IsSpaceRune(before) {
		node.CanClose = false
	}
	node.Segment = segment.WithStop(segment.Start + node.OriginalLength)
	block.Advance(node.OriginalLength)
	pc.PushDelimiter(node)
	return node
}

// delimiter is one of the characters.
type delimiter byte

// IsDelimiter implements [parser.DelimiterProcessor].
func (d delimiter) IsDelimiter(b byte) bool { return b == byte(d) }

// CanOpenCloser implements [parser.DelimiterProcessor].
func (d delimiter) CanOpenCloser(opener, closer *parser.Delimiter) bool {
	return opener.Char == closer.Char && opener.OriginalLength == closer.OriginalLength
}

// OnMatch implements [parser.DelimiterProcessor].
func (d delimiter) OnMatch(consumes int) ast.Node {
	return &delimited{element: marks[byte(d)][min(max(consumes, 1), 2)-1]}
}

// RegisterFuncs implements [renderer.NodeRenderer].
func (delimiters) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(kindDelimited, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		d, ok := n.(*delimited)
		if !ok {
			return ast.WalkContinue, nil
		}
		if entering {
			_, _ = w.WriteString("<" + d.element + ">")
		} else {
			_, _ = w.WriteString("</" + d.element + ">")
		}
		return ast.WalkContinue, nil
	})
}
