// Package publish builds the site of an entity and puts it where it is read: assets into the bucket, pages into the store.
//
//	docs_build ──┐
//	             ├─▶ source ─▶ build ─▶ assets uploaded ─▶ site saved ─▶ stale assets deleted
//	docs_refresh ┘
//	docs_clear ──▶ assets of a site that is gone deleted
//
// Invariant: a page that is shown finds its assets: they are there before it, and go after it. A build that fails leaves
// everything as it was, and a word for the site's authors.
package publish
