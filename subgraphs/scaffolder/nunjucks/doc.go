// Package nunjucks renders the templates of the scaffolder: `${{ }}` in a template's steps, and the files of skeletons.
//
// The language is nunjucks' own: its published build (assets/, BSD-2-Clause) runs in a JavaScript interpreter written in
// Go, so that a template means here what it meant in Backstage. Values go in and come out as JSON: a template sees data and
// the filters that it is given, nothing of the process.
//
// Terms:
//
//   - Rendering turns a text into a text.
//   - Evaluating turns a text that is one `${{ expression }}`, and nothing else, into a value of its own type; any other
//     text is rendered.
//
// Invariant: a template ends. Its time and its output are bounded, and what it could use to fill memory at a stroke is
// bounded too. See ADR.md for why it is done this way.
package nunjucks
