// Package policy keeps the access policies of the portal in PostgreSQL, in versions, and has every process follow them.
//
//	files, once ──Import──┐
//	                      ├──> policy.versions, policy.bindings ──NOTIFY, or a look now and then──> Watch ──> Authorizer
//	graph ──Update────────┘         (with author and reason)
//
// Terms:
//
//	version   the policies as they were from one change to the next; numbers have no gaps
//	document  what people write: rules, conditions, bindings ([authz.Document])
//	binding   a user or group that has a role: a row, with the versions from which and until which it holds
//	admin     who may change policies, for everything and without conditions
//
// Invariant: versions follow one another; a change names the version that it was made from, and is refused when that is
// no longer the current one, when it does not compile, and when nobody would be left who can change policies.
package policy
