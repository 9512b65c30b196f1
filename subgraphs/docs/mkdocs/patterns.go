package mkdocs

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Patterns say which files are meant, in the way of .gitignore: the last one that fits decides, `!` turns it round.
type Patterns []pattern

type pattern struct {
	glob    string
	negated bool
}

const maxPatterns = 200

// ParsePatterns reads one pattern a line. What is no pattern fits nothing.
func ParsePatterns(text string) Patterns {
	var all Patterns
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || len(all) >= maxPatterns {
			continue
		}
		rest, negated := strings.CutPrefix(line, "!")
		for _, glob := range globsOf(rest) {
			if doublestar.ValidatePattern(glob) {
				all = append(all, pattern{glob, negated})
			}
		}
	}
	return all
}

// globsOf gives the globs that a pattern stands for: what it names, and everything below.
func globsOf(text string) []string {
	anchored := strings.Contains(strings.TrimSuffix(text, "/"), "/")
	folder := strings.HasSuffix(text, "/")
	text = strings.Trim(text, "/")
	if !anchored {
		text = "**/" + text
	}
	if folder {
		return []string{text + "/**"}
	}
	return []string{text, text + "/**"}
}

// Match reports whether a file, by its slash-separated path in docs_dir, is meant.
func (p Patterns) Match(name string) bool {
	meant := false
	for _, one := range p {
		if ok, err := doublestar.Match(one.glob, name); err == nil && ok {
			meant = !one.negated
		}
	}
	return meant
}
