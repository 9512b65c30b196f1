// Package supergraph reads supergraph SDL into the immutable model that the planner walks.
//
// Terms:
//
//   - Supergraph SDL is the output of a composer: all types of all subgraphs, annotated by the join specification
//     (versions 0.1 to 0.5) with which subgraph has what.
//
//   - A Subgraph is one subgraph's own view: the types, fields, keys, union members and enum values that it has.
//
//   - The API schema is what clients see: the supergraph without @inaccessible elements and without the machinery of
//     link, join and the other composed specifications.
//
//   - A TypeSet is a set of object types of the supergraph, the runtime types that a value may have.
//
//     SDL ── parse ──▶ definitions ──┬── join directives ──▶ Subgraph views
//     └── filter ───────────▶ API schema
//
// Main invariant: a Schema never changes after Load returned it, and depends on nothing but the text.
package supergraph
