package mkdocs

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// Limits of a YAML document with its aliases expanded.
const (
	MaxNodes = 50_000
	maxDepth = 50
)

// untagged copies a document with aliases expanded and without tags that are not YAML's own, so that none has a meaning.
func untagged(n *yaml.Node, depth int, budget *int) (*yaml.Node, error) {
	*budget--
	if *budget < 0 {
		return nil, invalid("mkdocs.yml has more than %d values", MaxNodes)
	}
	if depth > maxDepth {
		return nil, invalid("mkdocs.yml is nested more than %d levels deep", maxDepth)
	}
	if n.Kind == yaml.AliasNode {
		return untagged(n.Alias, depth+1, budget)
	}
	plain := *n
	plain.Anchor, plain.Content = "", nil
	if !isCoreTag(plain.Tag) {
		plain.Tag, plain.Style = tagOf(plain.Kind), plain.Style&^yaml.TaggedStyle
	}
	for _, child := range n.Content {
		inner, err := untagged(child, depth+1, budget)
		if err != nil {
			return nil, err
		}
		plain.Content = append(plain.Content, inner)
	}
	return &plain, nil
}

func isCoreTag(tag string) bool {
	switch strings.TrimPrefix(tag, "!!") {
	case "", "str", "int", "float", "bool", "null", "map", "seq", "merge", "timestamp", "binary":
		return true
	default:
		return false
	}
}

func tagOf(kind yaml.Kind) string {
	switch kind {
	case yaml.MappingNode:
		return "!!map"
	case yaml.SequenceNode:
		return "!!seq"
	default:
		return "!!str"
	}
}
