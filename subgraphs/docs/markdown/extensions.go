package markdown

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// extensions are those of every site: what its mkdocs.yml switches on is always on.
func extensions(opts Options) []goldmark.Extender {
	return []goldmark.Extender{
		extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
		extension.Footnote, extension.DefinitionList,
		tasks{},
		containers{},
		delimiters{},
		code{},
		emojis{},
		attributeLists{},
		abbreviations{},
		alerts{},
		contents{opts.Permalinks},
	}
}
