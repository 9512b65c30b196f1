// Package server puts the docs subgraph together: sources, builder, store, projection, resolvers, and what goes on in the
// background.
package server
