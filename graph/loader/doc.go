// Package loader batches the reads of one response: a page of a hundred items costs as many statements as a page of one.
//
//	resolvers of one response ── Load(key) ──┐
//	                          ── Load(key) ──┼─ collected for a moment ─> Fetch(all keys) ─> one statement
//	                          ── Load(key) ──┘
//
// Terms:
//
//	source    what can be loaded by key, made once when a subgraph is wired: a name and a fetch function
//	scope     the loaders of one response, with what they have loaded; [Interceptor] opens one for each response, so
//	          every event of a subscription is resolved with fresh reads
//
// Invariant: a fetch runs under the context of its scope, so that a batch never fails because one of the fields that
// wanted a part of it was given up.
package loader
