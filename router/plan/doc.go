// Package plan turns a normalised operation into an immutable Plan: a DAG of fetches and the shape of the response.
//
// Terms:
//
//   - The store is the tree that execution fills: objects whose members are addressed by store key. Every fetch writes
//     into it, later fetches and the response read from it. Where the client asked for nothing unusual, a store key is
//     the client's response key; where two wanted values would clash (a @requires under other arguments, an alias that
//     equals a needed field's name, the same key with unmergeable types), the planner gives one of them another key and
//     aliases it in the subgraph's document.
//   - A fetch is one request to one subgraph: a root fetch asks fields of Query, Mutation or Subscription (of
//     Query also where an object below the root has that type); an entity
//     fetch asks one or more `_entities` fields (a multi-fetch has several, aliased).
//   - A target is a place in the store whose objects an entity fetch completes; a representation is what is sent of
//     such an object.
//   - A context is a value of an object around others that fills arguments of their fields (@fromContext). It is a
//     variable of an entity fetch; execution asks the objects around which it has different values by separate fields.
//   - A path names a place in the store by store keys. Lists on the way are flattened, at any depth of nesting, so a
//     path has no element for them.
//   - The response shape says what of the store goes to the client, in the order of CollectFields
//     (GraphQL specification, section 6.3.2), with the types that null propagation (6.4.4) needs.
//
// Main invariant: a Plan depends only on the supergraph, the normalised operation and the values of those variables
// that @skip and @include use (normalisation has already applied both directives), it is never changed after it was
// made, planning the same twice gives the same bytes, and each fetch's document is valid against its subgraph's schema.
package plan
