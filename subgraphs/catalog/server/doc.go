// Package server wires the catalog subgraph: store, ingestion, resolvers, handler, and what goes on in the background.
package server
