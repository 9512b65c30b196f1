// Package persisted knows documents by a short name, and can make those that it knows the only ones that are run.
//
// Terms:
//
//   - A registered document stands in a List, which is read from files: a folder of .graphql files, a manifest of Relay's
//     compiler ({"id": "text"}) or one of Apollo's (apollo-persisted-query-manifest, version 1).
//   - An automatic one was sent once with its SHA-256 (Apollo's automatic persisted queries), and is kept in a Store for as
//     long as there is room. Its name is that hash.
//   - A Mode says what happens to documents that are not registered: nothing, a count and a line in the log, or a refusal.
//     It may differ by the name that a client gives itself. That name is a claim: a laxer mode for one client is a laxer mode
//     for everybody who says to be that client.
//
// How an operation finds its document:
//
//	id, or hash ─▶ registered? ──▶ its text
//	                  │ no
//	                  ├─ text was sent  ─▶ hash right? ─▶ allowed by the mode? ──▶ the text (kept under its hash)
//	                  └─ hash alone     ─▶ kept? ───────▶ allowed by the mode? ──▶ the kept text
//
// Main invariant: what is found under a hash has that hash, whoever put it into the Store.
package persisted
