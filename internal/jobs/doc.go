// Package jobs runs durable work: what must happen even when the process dies in between. River keeps the jobs in
// PostgreSQL, in a schema of their own.
//
//	Insert (in the caller's transaction) ── jobs.river_job ── Runner ── Kind.Work
//	                                             └── rescued at once when the process that worked it died
//
// Terms:
//
//	kind       what is to be done, and how: "scaffolder_task"; a queue of its own
//	job        one piece of it: arguments and the principal on whose behalf it runs, both as JSON
//	attempt    one run of a job; its number fences off an earlier attempt that still believes to be alive
//	lease      an advisory lock that a runner holds for as long as it lives; when it is free, the runner is dead
//
// Invariant: a job that was inserted in a committed transaction is worked until it succeeds, is cancelled, or used up
// its attempts; a dead process costs it no attempt. Work may run twice: it must compare what it finds with what it
// wants, and give the attempt's number along with each outside effect.
package jobs
