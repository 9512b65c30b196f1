// Package execute runs a plan: it asks subgraphs, keeps their answers in a store, and writes the response.
//
// Terms (those of package plan are used unchanged):
//
//   - A Program is a compiled plan: store keys became slots, type names became numbers, response keys became bytes. It is
//     made once and kept with the plan.
//   - A layout says which slot of an object holds which store key. Objects at the same place in the store share one, and
//     so do all objects that one fetch may write.
//   - A value is twelve bytes: what it is, and where its text stands in a subgraph's body. Objects and lists are runs of
//     values in one arena, so that a response of any size makes few allocations.
//   - A run is one execution of a Program. Fetches are awaited in parallel; what touches the store is done by one of
//     them at a time.
//
// The way of a subgraph's answer:
//
//	body ─ decode (validated, by the fetch's selections) ─▶ fresh values ─ merge (by slot) ─▶ store ─ complete ─▶ response
//	                                                                                    └─▶ representations of later fetches
//
// Objects of one answer whose text is the same are one object in the store, where all that later fetches do to one of them
// they do to every other (share.go): they are decoded, represented and completed once, and what was written of the first is
// copied.
//
// Main invariant: what is not in the plan does not get in. Keys that were not asked for are skipped, an answer that is
// not valid JSON leaves no trace in the store, and the response has exactly the fields of the shape, with the types that
// the API schema promises or null where the specification puts null.
package execute
