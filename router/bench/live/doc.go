// Command live measures live operations through the shipped router: what a silent subscriber costs, how fast an event
// reaches many, and whether anything is lost while subgraphs and routers die.
//
//	this process ── commits to a file ──▶ subgraph (child, killed) ──▶ bin/router (child, replaced) ──▶ subscribers
//	     └────────────── what was committed is what was seen ◀──────────────────────────────────────────────┘
//
// It exits with an error when a figure misses its target or a history is wrong. `make bench-live` runs it.
package main
