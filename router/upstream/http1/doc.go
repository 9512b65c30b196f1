// Package http1 is a lean HTTP/1.1 client for one plain-text endpoint: it sends POST requests whose bodies are in memory
// and reads whole responses into reused buffers, on the caller's goroutine, over connections that it keeps.
//
// It does what net/http does for this one case with a third of the work, and what leaner clients do not: a cancelled
// context ends the exchange at once.
//
// Main invariant: a connection is kept only after a response that was read to its exact end, and a request is sent
// again only if it may be repeated and not a byte of a response had come.
package http1
