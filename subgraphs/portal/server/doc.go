// Package server wires the portal subgraph.
package server
