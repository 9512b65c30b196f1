package mkdocs

import (
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// settings are those of the extensions that have any that matter here.
type settings struct {
	Permalink any `yaml:"permalink"`
	BasePath  any `yaml:"base_path"`
}

// readExtensions reads markdown_extensions, a list or a map. What extensions there are makes no difference: all that are
// known are always on.
func (c *Config) readExtensions(n *yaml.Node) {
	each := func(name string, value *yaml.Node) {
		var s settings
		if value == nil || value.Kind != yaml.MappingNode || value.Decode(&s) != nil {
			return
		}
		switch name {
		case "toc", "markdown.extensions.toc":
			c.Permalinks = s.Permalink != nil && s.Permalink != false && s.Permalink != ""
		case "pymdownx.snippets":
			c.readSnippetPaths(s.BasePath)
		}
	}
	switch n.Kind {
	case yaml.MappingNode:
		eachPair(n, each)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind == yaml.MappingNode {
				eachPair(item, each)
			}
		}
	default:
	}
	if len(c.SnippetPaths) == 0 {
		c.SnippetPaths = []string{"."}
	}
}

func eachPair(n *yaml.Node, do func(key string, value *yaml.Node)) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		do(n.Content[i].Value, n.Content[i+1])
	}
}

const maxSnippetPaths = 20

func (c *Config) readSnippetPaths(value any) {
	all, ok := value.([]any)
	if !ok {
		all = []any{value}
	}
	for _, one := range all {
		text, ok := one.(string)
		name := path.Clean(strings.TrimPrefix(text, "./"))
		if !ok || !isLocal(name) || len(c.SnippetPaths) == maxSnippetPaths {
			c.warn("snippets are not looked for in a folder out of the site's")
			continue
		}
		c.SnippetPaths = append(c.SnippetPaths, name)
	}
}
