// Package view is the kubernetes subgraph's domain in the shape of its GraphQL schema.
package view
