// Package postgres keeps tasks and their steps, and the index of entities that templates are found in.
//
// Each change of a task is one transaction that also appends the events that tell of it, and that changes nothing unless
// the attempt that makes it still holds the task.
package postgres
