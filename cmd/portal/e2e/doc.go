// Package e2e drives the shipped binary from outside: processes, sockets and signals, over the example organisation.
// It has tests only.
package e2e
