// Package build makes a site out of the files of its source: a pure function of them.
//
//	fs.FS ── Read: mkdocs.yml, pages with their snippets, assets ──▶ Sources (etag) ── Build ──▶ docs.Built
//
// A page's path follows from its file: `guides/refunds.md` is `guides/refunds`, `guides/index.md` is `guides`, and the
// index.md of the whole is the empty path.
//
// Invariant: only regular files of the source are read, so many of so many bytes; what is wrong with one page or asset
// is a warning, and the rest of the site is built.
package build
