// Package access decides which fields of an operation a caller may have, and which part of the schema a caller sees. It
// reads the directives @authenticated, @requiresScopes and @policy of a supergraph, under whatever names that links them.
//
//	supergraph ─ New ─▶ Rules ─ Rights(caller) ─▶ Rights ─┬─ Rules.Filter(operation) ─▶ what is planned, and what is denied
//	                                                      └─ Rules.View ─────────────▶ the API schema as the caller sees it
//
// Terms:
//
//   - A demand is what one directive asks for: to be signed in, one of several sets of scopes, one of several sets of
//     policies. Equal demands are one, and have one number.
//   - A requirement is a set of demands, each of which is to be met. A field's is what is asked for by the field, by the
//     object type that it is on, by what its @requires and @fromContext read, and by its type.
//   - Rights are the set of demands that a caller meets.
//   - A denied field is answered with null and an error; a View leaves it out.
//
// How abstract types are dealt with: an operation is filtered by runtime types, so that what is asked of an interface or
// union is judged for each object type that may be there. What an interface itself demands beyond its implementations
// is demanded of each of them: nobody gets around it by naming the implementation.
//
// Main invariant: nothing that is left in a filtered operation has a requirement that the rights do not meet, so that no
// subgraph is asked for it on the client's behalf. Filter depends on nothing but the operation and those of the rights that
// Touched names.
package access
