// Package graphtest is what tests of subgraphs share: an event log on a real database, entities published as the catalog
// does it, and a client that asks a subgraph as somebody.
package graphtest
