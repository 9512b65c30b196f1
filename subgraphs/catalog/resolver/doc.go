// Package resolver answers the root fields of the catalog subgraph: arguments in, domain call, view out. The fields of
// entities are methods of package view.
package resolver
