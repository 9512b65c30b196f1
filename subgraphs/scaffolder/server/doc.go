// Package server puts the scaffolder subgraph together: store, resolvers, the engine that runs tasks, and what goes on in
// the background.
package server
