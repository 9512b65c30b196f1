// Command bench measures what one operation costs the router, against a hand-written program that makes the same
// requests to the same subgraphs in the same run.
//
//	bench [-rounds 5] [-duration 3s] [-connections 50]
//
// The operation asks four subgraphs (people, catalog, reviews, stock with @requires) in 6 requests and 4 stages (parallel
// fetches of one subgraph go in one), and the response is 84 KB. Subgraphs, the router and the hand-written program are processes of their own; CPU is what their
// own accounting says (getrusage), divided by the operations that they answered. Each figure is the median of the rounds.
//
//	bench -role growth
//
// measures what composing, loading and planning cost in processor time, and how that grows with subgraphs, types and
// fields, and with the operation.
package main
