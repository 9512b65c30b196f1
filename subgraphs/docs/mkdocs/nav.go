package mkdocs

import (
	"path"
	"strings"

	"gopkg.in/yaml.v3"
)

// Limits of a table of contents.
const (
	maxEntries  = 5_000
	maxNavDepth = 10
)

// Entry is an entry of nav: a file, or a group of others.
type Entry struct {
	Title    string // empty when the page's own is to be used
	File     string // within docs_dir; empty for a group
	Children []Entry
}

func (c *Config) readNav(n *yaml.Node) error {
	if n.IsZero() || n.Tag == "!!null" {
		return nil
	}
	left := maxEntries
	var err error
	c.Nav, err = c.entries(n, 0, &left)
	return err
}

func (c *Config) entries(n *yaml.Node, depth int, left *int) ([]Entry, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, invalid("line %d: nav is no list", n.Line)
	}
	if depth > maxNavDepth {
		return nil, invalid("nav is nested more than %d levels deep", maxNavDepth)
	}
	var all []Entry
	for _, item := range n.Content {
		if *left--; *left < 0 {
			return nil, invalid("nav has more than %d entries", maxEntries)
		}
		entries, err := c.entry(item, depth, left)
		if err != nil {
			return nil, err
		}
		all = append(all, entries...)
	}
	return all, nil
}

// entry reads `file`, `Title: file` or `Title: [entries]`.
func (c *Config) entry(n *yaml.Node, depth int, left *int) ([]Entry, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return c.page("", n.Value), nil
	case yaml.MappingNode:
		var all []Entry
		for i := 0; i+1 < len(n.Content); i += 2 {
			title, value := n.Content[i].Value, n.Content[i+1]
			if value.Kind == yaml.ScalarNode {
				all = append(all, c.page(title, value.Value)...)
				continue
			}
			children, err := c.entries(value, depth+1, left)
			if err != nil {
				return nil, err
			}
			all = append(all, Entry{Title: title, Children: children})
		}
		return all, nil
	default:
		return nil, invalid("line %d: an entry of nav is neither a file nor a title", n.Line)
	}
}

func (c *Config) page(title, target string) []Entry {
	name := path.Clean(strings.TrimPrefix(target, "./"))
	switch {
	case strings.Contains(target, "://"):
		c.warn("nav: the link " + target + " leads out of the site and is left out")
	case target == "" || !isLocal(name):
		c.warn("nav: " + target + " is no file of the site and is left out")
	default:
		return []Entry{{Title: title, File: name}}
	}
	return nil
}

func (c *Config) warn(text string) { c.Warnings = append(c.Warnings, text) }
