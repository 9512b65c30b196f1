// Package graph is the root of what the subgraphs' GraphQL shares. It has no code of its own.
//
//	scalar      the custom scalars, bound to Go once
//	relay       global ids, connections, cursors, pages
//	failure     how a fault reaches a client: presenter, recover, user errors
//	loader      batched reads within one response
//	authorize   decisions carried into domain calls
//	limit       how large a document may be
//	server      serves a generated schema to the router
//	cmd/generate writes the generated code
//
// # How to add a subgraph
//
//  1. Write schema/<name>.graphqls. It starts with the `extend schema @link(…)` of federation 2.9 and describes every
//     type, field and argument for its reader. Repeat the shared types (Node, PageInfo, UserError) as the others have
//     them: they are @shareable.
//  2. Make subgraphs/<name>/ with a doc.go and the domain: types, rules, the interfaces that it needs. An exported Go
//     type with the name of a schema type is bound to it, field by field; a field that the Go type lacks becomes a
//     resolver. Where the graph's shape differs from the domain's, make subgraphs/<name>/view/ instead: then only its types
//     (and aliases of the domain's) are bound. A type with @key has
//     the method IsEntity(), a type that implements an interface I of the schema the method IsI().
//  3. Make subgraphs/<name>/resolver/ with a doc.go and `type Resolver struct { … }`, then run
//     `go run ./graph/cmd/generate <name>`: it writes internal/generated/ and resolver/<name>.resolvers.go, in which
//     the bodies are yours, and are kept when it runs again. Helpers go to other files of the package.
//  4. Write subgraphs/<name>/postgres/: migrations under a schema of the subgraph's name, SQL as named constants, every
//     read under the access predicate of an Decision of package authz.
//  5. Write subgraphs/<name>/server/: New(Deps) wires store, domain and resolvers; Handler() serves; Start and Stop run
//     what goes on in the background.
//  6. Name it in cmd/portal, and in the composition of the supergraph.
package graph
