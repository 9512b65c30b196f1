// Package server puts the kubernetes subgraph together: sources, store, projection, resolvers, and what goes on in the
// background.
package server
