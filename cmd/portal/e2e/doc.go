// Package e2e drives the shipped binary from outside: processes, sockets and signals, over the example organisation.
// It has tests only. testdata/clients holds those that are run by other people's clients.
package e2e
