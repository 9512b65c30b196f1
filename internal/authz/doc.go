// Package authz says what a principal may do.
//
//	principal ── bindings ──> roles ──┐
//	                                  ├─> Casbin, one enforcer a role ──> Decision: allow, deny, or allow where …
//	permission ───────────────────────┘                                        └─> SQL predicate, or Matches in memory
//
// Terms:
//
//	permission  a name such as catalog.entity.read; [Permission] lists them
//	role        a set of grants, known by a ref such as role:default/viewer; it may inherit from other roles
//	grant       a policy rule (p) that allows or denies a permission, or a condition under which it is allowed
//	binding     a user or group that has a role; held apart from the rules, so that Casbin's cost does not grow with them
//	condition   all, any or none of rules such as IS_ENTITY_OWNER, decided for each row by PostgreSQL
//	decision    allow, deny, or allow where a condition holds
//
// How grants add up, for one principal and permission:
//
//  1. A role's rules by the permission's name go before its rules by resource type.
//  2. In one role, a condition takes the place of that role's plain allow.
//  3. What a role inherits, and what several roles grant, adds up.
//  4. A deny, from whichever of these roles, wins over everything.
//  5. No grant is a deny.
//
// Invariant: Casbin is asked about roles and permissions, never about rows: a list of any length costs one decision.
package authz
