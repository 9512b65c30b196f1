// Package resolver answers the fields of schema/scaffolder.graphqls: arguments in, domain call under the caller's access,
// domain value out.
package resolver
