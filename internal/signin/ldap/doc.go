// Package ldap signs people in with a directory: OpenLDAP, Active Directory and the like.
//
//	search as the service account ──▶ exactly one person ──▶ bind as them with their password ──▶ groups, and groups of groups
//
// Invariants: an empty password is never sent, for servers take a bind with one as nobody's and say yes. What somebody
// typed, and every name that a server gave, is escaped before it is part of a filter. Without TLS nothing is sent, unless
// the settings allow it by name.
package ldap
