// Package engine starts tasks and runs them.
//
//	Launcher: template, parameters, secrets checked ── store ── River job
//	Engine:   claim ── for each step: condition ── right ── input ── action ── state, outputs, events ── … ── output
//
// What a step leaves is written down in one transaction when it is done: its outputs, the workspace's new state, the event.
// A process that dies in a step leaves what was there before it, and the step is done again.
//
// Terms:
//
//	run           one attempt at one task, in memory
//	interruption  what ends an attempt without ending the task: the process stops, the database is away, another
//	              attempt took over
//
// Invariant: a failure of a step fails the task; an interruption never does.
package engine
