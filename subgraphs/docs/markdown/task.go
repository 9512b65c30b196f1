package markdown

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// tasks shows `- [ ]` and `- [x]` as characters: a page has no elements of forms.
type tasks struct{}

// Extend implements [goldmark.Extender].
func (tasks) Extend(m goldmark.Markdown) {
	extension.TaskList.Extend(m)
	m.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(tasks{}, 100)))
}

// RegisterFuncs implements [renderer.NodeRenderer].
func (tasks) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(extensionast.KindTaskCheckBox, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		box, ok := n.(*extensionast.TaskCheckBox)
		if !ok || !entering {
			return ast.WalkContinue, nil
		}
		if box.IsChecked {
			_, _ = w.WriteString(`<span class="task checked">☑</span> `)
		} else {
			_, _ = w.WriteString(`<span class="task">☐</span> `)
		}
		return ast.WalkContinue, nil
	})
}
