// Package mkdocs reads mkdocs.yml as far as documentation needs it. Nothing in it runs: tags such as `!!python/name` and
// `!ENV` are ignored, plugins and hooks are names that nobody looks up.
//
// Invariant: what a file costs is bounded by its size and [MaxNodes], whatever aliases it has.
package mkdocs
