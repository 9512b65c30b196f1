// Package blob is where large, opaque things are kept: built documentation, snapshots. It opens a bucket of
// gocloud.dev: a folder by default, S3 by URL.
//
// Invariant: content types and metadata survive in either, and a half-written blob is never seen.
package blob
