// Package postgres is how the portal reaches PostgreSQL: it starts a private server where none is given, opens pools,
// migrates schemas and counts statements.
//
//	             PORTAL_DATABASE_URL ───────────────┐
//	Start ── finds binaries ── initdb ── Server.URL ┴─ Open ── *pgxpool.Pool ── Migrate(schema, files)
//	                                                                       └── stores: SQL with qualified names
//
// Terms:
//
//	server    a private PostgreSQL that the portal started itself, reachable only by a unix socket
//	cluster   the files of a server, in one folder, made by initdb
//	schema    the database schema of one subgraph, which touches no other's tables
//
// Invariant: SQL in stores names its schema (catalog.entities), because one pool serves every subgraph of a process.
package postgres
