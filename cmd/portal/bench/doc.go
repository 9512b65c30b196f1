// Command bench measures the shipped portal on this machine: `go run ./cmd/portal/bench`, or `make bench`.
//
// It starts bin/portal over the examples with a data folder of its own, adds generated components so that pages are full,
// and sends the documents that clients live on from many connections, each with a token of its own person: nobody shares
// the answer of somebody else. For each document it prints
//
//	operations/s, and the 50th, 95th and 99th percentile of an answer's time at the client
//	CPU of the portal and of its PostgreSQL for one operation, by the system's own accounting
//	SQL requests for one operation, by the portal's own metric; a batch is one request
//
// The load comes from the same machine, so that operations/s and times tell of a machine that does both. It is bounded:
// it warms up and measures for a fixed time each, then stops the portal and removes what it made.
package main
