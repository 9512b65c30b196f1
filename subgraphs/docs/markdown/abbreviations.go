package markdown

import (
	"bytes"
	"html"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Limits of the abbreviations of a page.
const (
	maxAbbreviations = 200
	maxExpansions    = 5_000
)

// abbreviation is a short form in the text, with what it is short for.
type abbreviation struct {
	ast.BaseInline

	short, long string
}

var kindAbbreviation = ast.NewNodeKind("Abbreviation")

// Kind implements [ast.Node].
func (a *abbreviation) Kind() ast.NodeKind { return kindAbbreviation }

// Dump implements [ast.Node].
func (a *abbreviation) Dump(source []byte, level int) { ast.DumpHelper(a, source, level, nil, nil) }

// abbreviations adds `*[SLO]: service level objective`: every SLO in the page says what it is short for.
type abbreviations struct{}

// abbreviationsKey is where a page's definitions are. goldmark numbers its keys without a lock: it is taken once.
var abbreviationsKey = parser.NewContextKey()

// Extend implements [goldmark.Extender].
func (a abbreviations) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(
		parser.WithParagraphTransformers(util.Prioritized(a, 40)),
		parser.WithASTTransformers(util.Prioritized(expandAbbreviations{}, 900)),
	)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(a, 500)))
}

var abbreviationLine = regexp.MustCompile(`^\*\[([^\]\n]{1,100})\]:[ \t]*(.{1,500}?)[ \t]*$`)

// Transform implements [parser.ParagraphTransformer]: it takes the definitions out of a paragraph.
func (a abbreviations) Transform(paragraph *ast.Paragraph, reader text.Reader, pc parser.Context) {
	known, _ := pc.Get(abbreviationsKey).(map[string]string)
	lines := paragraph.Lines()
	kept := text.NewSegments()
	for i := range lines.Len() {
		line := lines.At(i)
		match := abbreviationLine.FindSubmatch(bytes.TrimRight(line.Value(reader.Source()), "\r\n"))
		if match == nil {
			kept.Append(line)
			continue
		}
		if known == nil {
			known = map[string]string{}
		}
		if len(known) < maxAbbreviations {
			known[string(match[1])] = string(match[2])
		}
	}
	if kept.Len() == lines.Len() {
		return
	}
	pc.Set(abbreviationsKey, known)
	if kept.Len() == 0 {
		paragraph.Parent().RemoveChild(paragraph.Parent(), paragraph)
		return
	}
	paragraph.SetLines(kept)
}

// RegisterFuncs implements [renderer.NodeRenderer].
func (a abbreviations) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(kindAbbreviation, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if short, ok := n.(*abbreviation); ok && entering {
			_, _ = w.WriteString(`<abbr title="` + html.EscapeString(short.long) + `">` + html.EscapeString(short.short) + `</abbr>`)
		}
		return ast.WalkContinue, nil
	})
}

// expandAbbreviations replaces the short forms in the text of a page.
type expandAbbreviations struct{}

// Transform implements [parser.ASTTransformer].
func (a expandAbbreviations) Transform(document *ast.Document, reader text.Reader, pc parser.Context) {
	known, _ := pc.Get(abbreviationsKey).(map[string]string)
	if len(known) == 0 {
		return
	}
	var texts []*ast.Text
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Kind() == ast.KindCodeSpan || n.Kind() == ast.KindFencedCodeBlock {
			return ast.WalkSkipChildren, nil
		}
		if t, ok := n.(*ast.Text); ok && entering && !t.IsRaw() {
			texts = append(texts, t)
		}
		return ast.WalkContinue, nil
	})
	left := maxExpansions
	pattern := patternOf(known)
	for _, t := range texts {
		expand(t, reader.Source(), pattern, known, &left)
	}
}

// patternOf finds any of the short forms, the longest first.
func patternOf(known map[string]string) *regexp.Regexp {
	var all []string
	for short := range known {
		all = append(all, regexp.QuoteMeta(short))
	}
	slices.SortFunc(all, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return regexp.MustCompile(strings.Join(all, "|"))
}

// expand cuts a text at its short forms.
func expand(t *ast.Text, source []byte, pattern *regexp.Regexp, known map[string]string, left *int) {
	value := t.Segment.Value(source)
	if t.Segment.Padding > 0 {
		return
	}
	start, parent := t.Segment.Start, t.Parent()
	done := 0
	for _, at := range pattern.FindAllIndex(value, *left) {
		if !isWord(value, at[0], at[1]) {
			continue
		}
		*left--
		if at[0] > done {
			parent.InsertBefore(parent, t, ast.NewTextSegment(text.NewSegment(start+done, start+at[0])))
		}
		short := string(value[at[0]:at[1]])
		parent.InsertBefore(parent, t, &abbreviation{short: short, long: known[short]})
		done = at[1]
	}
	t.Segment = t.Segment.WithStart(start + done)
}

// isWord reports whether what lies between two places is not a part of a longer word.
func isWord(text []byte, from, to int) bool {
	before, _ := utf8.DecodeLastRune(text[:from])
	after, _ := utf8.DecodeRune(text[to:])
	isPart := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || r == '_' }
	return (from == 0 || !isPart(before)) && (to == len(text) || !isPart(after))
}
