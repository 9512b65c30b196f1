// Package postgrestest gives tests a real PostgreSQL: one server a test process, one fresh database a test.
//
//	New(t, migrations...) ── server of this process (started once) ── template database (migrated once) ── copy
//
// The server ends with the test process, also when that is killed: a watchdog that reads from a pipe of the process
// ends it and removes its files. Setting PORTAL_TEST_DATABASE_URL uses a running server instead.
//
// A test that checks for leaked goroutines passes [IgnoreServer] to goleak.
package postgrestest
