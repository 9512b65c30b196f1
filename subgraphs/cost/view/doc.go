// Package view is the cost subgraph's domain in the shape of its GraphQL schema.
package view
