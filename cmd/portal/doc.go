// Command portal is the developer portal: its router, its subgraphs and what they need, in one process or in many.
//
//	portal serve            everything
//	portal router           the router alone, with the subgraphs at subgraphs.urls
//	portal subgraph NAME    one subgraph
//	portal migrate          brings the database up to date and ends
//	portal token            prints a client token
//	portal audit            verifies or exports the audit log
//	portal user             erases what is known of a person
//
// This package wires and reports; what it wires lives elsewhere:
//
//	settings ─▶ foundation (PostgreSQL, Redis, blobs, event log, access, files)
//	               │
//	               ├─▶ subgraphs: each a handler, the parts that run in the background, the kinds of jobs
//	               └─▶ gateway: the composed supergraph on the router, the main and the admin listener
//
// Parts start in this order and stop in the reverse one. The process is ready once the first ingestion is through.
package main
