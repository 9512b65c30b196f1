// Package action is what the steps of a task can do.
//
// An action reads its input, works in the workspace, and gives outputs to the steps after it. What it does outside the
// workspace, its effect, it does so that doing it again changes nothing: a step is done again when the process dies in it.
// In a dry run it has no effects.
//
// Invariant: an action reaches files through its workspace and the configured readers alone, and time is bounded by its
// context.
package action
