// Package compose joins the schemas of subgraphs into one supergraph: the SDL that routers load, and the API schema that
// clients see; or it says why they do not fit, all reasons at once.
//
// Terms:
//
//   - A graph is a subgraph in the course of composition, known in the supergraph by a value of the enum join__Graph.
//   - The sources of an element are its definitions in each graph, nil where a graph has none.
//   - A hint is something worth knowing that does not stop composition.
//   - A core feature is a specification that the supergraph links: link, join, tag, inaccessible, …
//
// The steps, each of which starts only if the ones before found no error:
//
//	SDL ─ federation.Parse ─ Upgrade ─ Validate ─▶ graphs ─ merge ─▶ supergraph ─ post-merge rules ─▶ satisfiability ─▶ print
//	                                                                     └─ without @inaccessible ─▶ API schema
//
// Main invariant: composition is a pure function of the set of subgraphs. Their order in the input, and map order, never
// reach the output: graphs are sorted by name, and definitions are printed in the order of their names.
package compose
