// Package filereader reads files below the configured roots, and none elsewhere.
//
//	path ── the deepest root above it ── os.Root ── file
//
// Invariant: nothing outside the roots is opened, listed or told apart from what does not exist: not by "..", not by a
// symbolic link, not by a race that changes a folder into a link. Only regular files are read, and only so many bytes.
package filereader
