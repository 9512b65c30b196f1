// Package view is the docs subgraph's domain in the shape of its GraphQL schema.
package view
