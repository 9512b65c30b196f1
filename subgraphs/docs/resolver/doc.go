// Package resolver answers the fields of schema/docs.graphqls: arguments in, store call under the caller's access, domain
// value out.
package resolver
