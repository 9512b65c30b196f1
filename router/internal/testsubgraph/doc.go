// Package testsubgraph serves any subgraph schema from a table of objects, for tests: it executes operations as the
// GraphQL specification says, over HTTP, and subscriptions by server-sent events.
//
// Terms:
//
//   - A table holds objects by a name of the test's own; every field of an object that any subgraph resolves has its
//     value there. A value may point to an object, or depend on the field's arguments.
//   - An override is what one subgraph knows differently.
//
// It is stricter than most servers, so that a wrong plan shows: an @external field is resolved only where a key, a
// @provides or the representation gives it, and a field with @requires only if the representation has exactly the values
// that the table has for what it requires; a representation that has only keys with resolvable: false is an error.
package testsubgraph
