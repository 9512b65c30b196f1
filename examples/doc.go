// Package examples is a small, believable organisation in the file formats that real ones have: what `make run` shows,
// and what the end-to-end tests ask about. It holds no code of its own, only tests that keep the files honest.
//
//	portal.yaml ──▶ catalog-info.yaml ──▶ organisation/  software/  templates/      the catalog, and the docs within
//	            ├─▶ billing/focus.csv                                               what it costs
//	            ├─▶ kubernetes/<cluster>/                                           how it runs
//	            └─▶ access/                                                         who may do what
//
// Main invariant: everything that a file refers to is there, but for one dangling relation that is there on purpose.
package examples
