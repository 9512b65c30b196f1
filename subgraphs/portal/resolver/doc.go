// Package resolver answers the fields of the portal subgraph: arguments in, domain call, domain value out.
package resolver
