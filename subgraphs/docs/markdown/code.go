package markdown

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/chroma/v2"
	chromahtml "github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// maxHighlighted bounds the code that is highlighted, in bytes: lexers are built of expressions that backtrack.
const maxHighlighted = 16 << 10

// code shows fenced code: highlighted by classes, never by inline styles; a mermaid diagram stays text.
type code struct{}

// Extend implements [goldmark.Extender].
func (code) Extend(m goldmark.Markdown) {
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(code{}, 100)))
}

// RegisterFuncs implements [renderer.NodeRenderer].
func (code) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		block, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		var info fence
		if block.Info != nil {
			info = parseFence(string(block.Info.Segment.Value(source)))
		}
		_, _ = w.WriteString(info.render(linesOf(block, source)))
		return ast.WalkSkipChildren, nil
	})
}

func linesOf(n ast.Node, source []byte) string {
	var text bytes.Buffer
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		text.Write(line.Value(source))
	}
	return text.String()
}

// fence is what the line that opens fenced code says.
type fence struct {
	language, title string
	lines           [][2]int // that are to be marked
}

var (
	fenceLanguage = regexp.MustCompile(`^\{?[ \t]*\.?([A-Za-z0-9_+#.\-]+)`)
	fenceTitle    = regexp.MustCompile(`\btitle="([^"]*)"`)
	fenceLines    = regexp.MustCompile(`\bhl_lines="([0-9 \-]*)"`)
)

func parseFence(info string) fence {
	var f fence
	if match := fenceLanguage.FindStringSubmatch(info); match != nil && !strings.HasPrefix(info[len(match[0]):], "=") {
		f.language = strings.ToLower(match[1])
	}
	if match := fenceTitle.FindStringSubmatch(info); match != nil {
		f.title = match[1]
	}
	if match := fenceLines.FindStringSubmatch(info); match != nil {
		for _, part := range strings.Fields(match[1]) {
			first, last, ranged := strings.Cut(part, "-")
			from, err := strconv.Atoi(first)
			to := from
			if ranged {
				to, _ = strconv.Atoi(last)
			}
			if err == nil && to >= from && len(f.lines) < 100 {
				f.lines = append(f.lines, [2]int{from, to})
			}
		}
	}
	return f
}

func (f fence) render(text string) string {
	if f.language == "mermaid" {
		return `<pre class="mermaid">` + html.EscapeString(text) + "</pre>\n"
	}
	shown, ok := f.highlight(text)
	if !ok {
		class := ""
		if f.language != "" {
			class = ` class="language-` + html.EscapeString(f.language) + `"`
		}
		shown = "<pre><code" + class + ">" + html.EscapeString(text) + "</code></pre>\n"
	}
	if f.title == "" {
		return shown
	}
	return `<div class="highlight"><span class="filename">` + html.EscapeString(f.title) + "</span>" + shown + "</div>\n"
}

func (f fence) highlight(text string) (string, bool) {
	if f.language == "" || len(text) > maxHighlighted {
		return "", false
	}
	lexer := lexers.Get(f.language)
	if lexer == nil {
		return "", false
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, text)
	if err != nil {
		return "", false
	}
	var out strings.Builder
	formatter := chromahtml.New(chromahtml.WithClasses(true), chromahtml.HighlightLines(f.lines))
	if err := formatter.Format(&out, styles.Fallback, tokens); err != nil {
		return "", false
	}
	return out.String() + "\n", true
}
