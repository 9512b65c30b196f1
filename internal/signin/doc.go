// Package signin is how people prove who they are, and who of the catalog they turn out to be.
//
//	browser ──▶ web ──▶ provider (oidc, github, saml, ldap) ──Identity──▶ Resolver ──Principal──▶ session ──cookie──▶ browser
//	                       │                                                 │
//	                       └─ refused: throttled, recorded                   └─ catalog: which User, which groups
//
// Terms:
//
//	identity   what a provider says of somebody: its id for them, login, e-mail address, groups, attributes
//	attempt    a sign-in that has begun at a provider and has not come back; the browser holds it, sealed
//	mapping    what follows from a group of a provider or of the catalog: a role, or membership of a catalog group
//
// Invariants: an e-mail address identifies somebody only if the provider verified it. An identity that fits more than one
// User fits none. Every sign-in, refused or not, is recorded.
package signin
