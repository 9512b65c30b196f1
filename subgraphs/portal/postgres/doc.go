// Package postgres keeps what the portal subgraph knows of the catalog's entities: the index of entities in its schema.
package postgres
