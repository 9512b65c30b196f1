// Package server puts the cost subgraph together: bills, store, projection, resolvers, and what goes on in the background.
package server
