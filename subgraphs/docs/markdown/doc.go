// Package markdown turns Markdown, as sites for MkDocs are written in it, into safe HTML.
//
//	source ── goldmark + extensions ──▶ HTML ── links rewritten ──▶ sanitised ──▶ title, headings, words
//
// What Python's extensions do is done by extensions of goldmark, one file each: admonitions, details and tabs
// (container.go), marks (delimited.go), attribute lists, abbreviations, emoji, alerts, code. Snippets are put in before, by
// package build, since they are files.
//
// Invariant: whatever the source, the HTML holds only elements, attributes and URL schemes of the policy in sanitise.go:
// it comes last, and nothing is added after it.
package markdown
