// Package scaffolder creates software from templates: what a template asks for, what a task of it does, and what came of
// it.
//
//	template (an entity) ── startTask: parameters and secrets checked ── task ── River job ── engine: step after step
//	                                                                                            │
//	                              taskEvents <── event log <── each change of the task, in its own transaction
//
// Terms:
//
//	template    an entity of kind Template: pages of parameters, steps, outputs
//	task        one execution of a template, with the template as it was when the task started
//	step        one action of a task, with its input; the unit that is done again when the process dies in it
//	action      what a step does: "fetch:template"
//	workspace   the folder that a task works in; nothing outside of it can be reached by a step
//	effect      what an action does outside its workspace; it carries the task's id, so that it happens once
//	attempt     one run of a task by one process; its number fences off an earlier one that still believes to be alive
//	secret      what only the steps' inputs may use; it is sealed while the task runs and erased when it ends
//
// Invariants: a task that was started ends, whatever process dies on the way. What a task writes about itself was written
// by the attempt that holds it. No secret, in no usual encoding, is in anything that is stored or shown.
package scaffolder
