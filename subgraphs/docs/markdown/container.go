package markdown

import (
	"html"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// form is how a container is shown.
type form int

const (
	admonition form = iota
	details
	detailsOpen
	tab
)

// container is a block with a title and other blocks in it, which are indented in the source.
type container struct {
	ast.BaseBlock

	form     form
	class    string
	title    string
	hasTitle bool
}

var kindContainer = ast.NewNodeKind("Container")

// Kind implements [ast.Node].
func (c *container) Kind() ast.NodeKind { return kindContainer }

// Dump implements [ast.Node].
func (c *container) Dump(source []byte, level int) {
	ast.DumpHelper(c, source, level, map[string]string{"class": c.class, "title": c.title}, nil)
}

var (
	admonitionLine = regexp.MustCompile(`^(!!!|\?\?\?\+?)[ \t]?[ \t]*([A-Za-z0-9_\- ]*?)[ \t]*(?:[ \t]"(.*)")?[ \t]*$`)
	tabLine        = regexp.MustCompile(`^===[!+]?[ \t]+"(.+)"[ \t]*$`)
)

// newContainer reads the line that opens a container; nil when it does not.
func newContainer(line string) *container {
	if match := tabLine.FindStringSubmatch(line); match != nil {
		return &container{form: tab, title: match[1], hasTitle: true}
	}
	match := admonitionLine.FindStringSubmatchIndex(line)
	if match == nil {
		return nil
	}
	c := &container{class: strings.ToLower(line[match[4]:match[5]])}
	switch line[match[2]:match[3]] {
	case "???":
		c.form = details
	case "???+":
		c.form = detailsOpen
	default:
	}
	if match[6] >= 0 {
		c.title, c.hasTitle = line[match[6]:match[7]], true
	}
	if c.class == "" && !c.hasTitle {
		return nil
	}
	return c
}

// containers adds admonitions (`!!! note "Title"`), details (`??? note "Title"`) and tabs (`=== "Title"`).
type containers struct{}

// Extend implements [goldmark.Extender].
func (containers) Extend(m goldmark.Markdown) {
	m.Parser().AddOptions(parser.WithBlockParsers(util.Prioritized(containers{}, 90)))
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(containers{}, 100)))
}

// Trigger implements [parser.BlockParser].
func (containers) Trigger() []byte { return []byte{'!', '?', '='} }

// Open implements [parser.BlockParser].
func (containers) Open(_ ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	if pc.BlockOffset() < 0 {
		return nil, parser.NoChildren
	}
	c := newContainer(strings.TrimRight(string(line[pc.BlockOffset():]), "\r\n"))
	if c == nil {
		return nil, parser.NoChildren
	}
	reader.Advance(segment.Len() - 1)
	return c, parser.HasChildren
}

// Continue implements [parser.BlockParser]: what is indented by four columns belongs to it.
func (containers) Continue(_ ast.Node, reader text.Reader, _ parser.Context) parser.State {
	line, _ := reader.PeekLine()
	if util.IsBlank(line) {
		return parser.Continue | parser.HasChildren
	}
	start, padding := util.IndentPosition(line, reader.LineOffset(), 4)
	if start < 0 {
		return parser.Close
	}
	reader.AdvanceAndSetPadding(start, padding)
	return parser.Continue | parser.HasChildren
}

// Close implements [parser.BlockParser].
func (containers) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements [parser.BlockParser].
func (containers) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements [parser.BlockParser].
func (containers) CanAcceptIndentedLine() bool { return false }

// RegisterFuncs implements [renderer.NodeRenderer].
func (containers) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(kindContainer, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		c, ok := n.(*container)
		if !ok {
			return ast.WalkContinue, nil
		}
		if entering {
			_, _ = w.WriteString(c.opening())
		} else {
			_, _ = w.WriteString(c.closing())
		}
		return ast.WalkContinue, nil
	})
}

// opening is what comes before the blocks in it.
func (c *container) opening() string {
	title, class := html.EscapeString(c.title), html.EscapeString(c.class)
	if !c.hasTitle {
		title = html.EscapeString(strings.ToUpper(c.class[:1]) + c.class[1:])
	}
	switch c.form {
	case details:
		return `<details class="` + class + `"><summary>` + title + "</summary>\n"
	case detailsOpen:
		return `<details class="` + class + `" open="open"><summary>` + title + "</summary>\n"
	case tab:
		opening := `<div class="tabbed-block"><p class="tabbed-label">` + title + "</p>\n"
		if !isTab(c.PreviousSibling()) {
			return `<div class="tabbed-set">` + opening
		}
		return opening
	default:
	}
	opening := `<div class="admonition ` + class + "\">\n"
	if title != "" {
		opening += `<p class="admonition-title">` + title + "</p>\n"
	}
	return opening
}

func (c *container) closing() string {
	switch c.form {
	case details, detailsOpen:
		return "</details>\n"
	case tab:
		if !isTab(c.NextSibling()) {
			return "</div></div>\n"
		}
	default:
	}
	return "</div>\n"
}

func isTab(n ast.Node) bool {
	c, ok := n.(*container)
	return ok && c.form == tab
}
