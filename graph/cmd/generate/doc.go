// Command generate writes the GraphQL servers of the subgraphs from schema/ and gqlgen.yml.
//
//	go run ./graph/cmd/generate            every subgraph that has a folder under subgraphs/
//	go run ./graph/cmd/generate catalog    one
//
// Run it from the root of the repository. Running it again leaves no diff.
package main
