// Package source opens the folder that a site is built from: one on disk, one behind a URL, or an archive behind a URL.
//
// Invariant: nothing outside the source's own folder can be reached through what it gives, whatever links lie in it; what
// is read from a URL is read by the one client that checks where it leads.
package source
