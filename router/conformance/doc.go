// Package conformance runs the router's path (compose, supergraph, operation, plan, execute) against what it should
// answer: the cases of the public gateway audit, and one server that has the whole schema. It holds tests only.
package conformance
