// Package limit bounds what a document may ask of a subgraph before anything is done with it.
//
// Terms:
//
//	depth   how many fields lie within each other, fragments resolved
//	fields  how many fields there are, fragments resolved: a fragment that is spread twice counts twice
//
// Invariant: checking takes time in proportion to the document's own length, however its fragments are spread: each
// fragment is looked at once, and sums stop at the limit.
package limit
