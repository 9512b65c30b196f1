// Package federation reads the schema of a subgraph: GraphQL SDL of federation 1 (no @link) or federation 2.0 to 2.12.
//
// Terms:
//
//   - A subgraph schema (Schema) is the SDL with its definitions and extensions joined and what federation adds to
//     every subgraph (its directives and scalars) put in.
//   - A link is one @link application: the URL of a specification and the names under which its elements are known in
//     this schema (link specification 1.0). An element that is neither imported nor the specification's main directive
//     is known as `prefix__element`.
//   - A DirectiveName is the name that a federation directive has in its specification. What a subgraph calls it is its
//     local name; Schema.Applied translates, so that nothing else needs to know about renames.
//   - A field set is the selection in the argument of @key, @requires or @provides.
//   - A field is external where this subgraph mentions it but another one resolves it.
//
// The way of a schema:
//
//	SDL ─ Parse ─▶ Schema, valid GraphQL ─ Upgrade ─▶ federation 2 ─ Schema.Validate ─▶ ready for composition
//	                                     (all subgraphs at once)
//
// Main invariant: a Schema that these three steps passed without errors refers only to types, directives and fields that
// it has, and all its field sets parse and select existing fields. No input makes any of the steps panic.
package federation
