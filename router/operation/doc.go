// Package operation turns GraphQL text into what the planner plans and the executor sends.
//
//	text ── Parse ──▶ Document ── Operation(name) ──▶ Operation ─┬─ CoerceVariables(json) ──▶ Variables
//	        (once per text)                                      └─ Normalise(variables) ───▶ Normalised
//	                                                                (once per operation and PlanKey)
//
// Terms:
//
//   - A Document is parsed and valid against the API schema.
//   - Conditions are the variables that @skip, @include and @defer use; their values shape the plan, no others do.
//   - A Normalised operation has no fragments and no @skip or @include: each selection set is a list of fields, each with the
//     runtime types it is for, merged as CollectFields merges them (GraphQL specification, section 6.3.2).
//
// Main invariant: a Document and a Normalised operation never change after they were made, and a Normalised operation depends
// only on the document, the operation's name and the values of its Conditions.
package operation
