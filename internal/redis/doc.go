// Package redis is how the portal reaches Redis: a server by URL, or one within the process.
//
//	Open(redis://…)  ── *redis.Client ── the server
//	Open("")         ── *redis.Client ── loopback, random password ── miniredis, its clock driven by a ticker
//
// Redis holds sessions, rate counters, caches and live-event streams, never the only copy of anything.
//
// Invariant: callers see the same client either way. What miniredis lacks (scripts are slow, no sharded publish, no
// CONFIG) no caller may need on a request's path.
package redis
