package markdown

import (
	"bytes"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// attributeLists adds `{ .class #id key="value" }` right after a link, an image or code, and on a paragraph's last line.
// Headings have theirs of goldmark. What attributes mean any harm is for the policy.
type attributeLists struct{}

// Extend implements [goldmark.Extender].
func (attributeLists) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithInlineParsers(util.Prioritized(attributeLists{}, 100)),
		parser.WithParagraphTransformers(util.Prioritized(attributeLists{}, 50)),
	)
}

// Trigger implements [parser.InlineParser].
func (attributeLists) Trigger() []byte { return []byte{'{'} }

// Parse implements [parser.InlineParser].
func (attributeLists) Parse(parent ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	target := parent.LastChild()
	if target == nil || !bytes.ContainsRune(line, '}') {
		return nil
	}
	switch target.(type) {
	case *ast.Link, *ast.Image, *ast.CodeSpan:
	default:
		return nil
	}
	attributes, length, ok := parseAttributes(line)
	if !ok || segment.Padding > 0 {
		return nil
	}
	set(target, attributes)
	block.Advance(length)
	return ast.NewString(nil)
}

// Transform implements [parser.ParagraphTransformer].
func (attributeLists) Transform(paragraph *ast.Paragraph, reader text.Reader, _ parser.Context) {
	lines := paragraph.Lines()
	if lines.Len() < 2 {
		return
	}
	last := lines.At(lines.Len() - 1)
	line := bytes.TrimSpace(last.Value(reader.Source()))
	attributes, length, ok := parseAttributes(line)
	if !ok || length != len(line) {
		return
	}
	set(paragraph, attributes)
	lines.SetSliced(0, lines.Len()-1)
}

// maxAttributes bounds one list, in bytes.
const maxAttributes = 1_000

// parseAttributes reads a list at the start of a line, with or without the colon of Python's, and gives its length.
func parseAttributes(line []byte) (parser.Attributes, int, bool) {
	end := bytes.IndexByte(line, '}')
	if end < 0 || end > maxAttributes || line[0] != '{' {
		return nil, 0, false
	}
	inner := bytes.TrimSpace(bytes.TrimPrefix(line[1:end], []byte(":")))
	if len(inner) == 0 {
		return nil, 0, false
	}
	list := append(append([]byte{'{'}, inner...), '}')
	attributes, ok := parser.ParseAttributes(text.NewReader(list))
	return attributes, end + 1, ok
}

func set(n ast.Node, attributes parser.Attributes) {
	for _, attribute := range attributes {
		n.SetAttribute(attribute.Name, attribute.Value)
	}
}
