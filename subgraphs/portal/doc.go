// Package portal is what belongs to the portal itself rather than to a subgraph: who is asking, where a global id leads,
// and what admins do: policies, why somebody may do something, the audit log.
//
// Terms:
//
//   - The viewer is whoever is asking: the verified principal, with what its roles permit.
//   - A stub is an object known by its global id only; the subgraph that owns its type knows the rest.
//
// Main invariant: an id leads somewhere only if its holder may see what is there. For entities this is decided here,
// by the index of entities that is kept from the catalog's events; for everything else by the subgraph that completes
// the stub.
package portal
