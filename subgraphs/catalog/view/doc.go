// Package view is the catalog as the graph shows it: a Go type for each type of the schema whose shape differs from the
// domain's. The generated code calls a view's fields and methods.
//
// Terms:
//
//	view   an entity of the domain together with the graph; one type a kind, all of them with what every kind has
//	graph  the batched reads that fields need, each under the access of whoever is asking
//
// Invariant: a view is made only of an entity that its reader was allowed to read, and every further entity that it
// leads to is read under that reader's access again.
package view
