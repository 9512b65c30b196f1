// Package redis keeps in Redis what the replicas of a router share: the budgets of callers (budget.Counter) and automatic
// persisted queries (persisted.Store). Redis is never the only copy of anything that matters: the router does without it,
// in each replica for itself, and says so.
//
// Main invariant: one exchange with Redis a call, no scripts. Redis 6.2 or later.
package redis
