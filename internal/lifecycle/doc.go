// Package lifecycle starts and stops a process in order.
//
//	Group    named parts, started in the order in which they were added and stopped in the reverse order
//	Health   a registry of named checks: whether the process lives, and whether it is ready for traffic
//	Folder   a lock that keeps a second process off a data folder
//
// Invariant: what was started is stopped, exactly once, in reverse order, each part within its deadline, whatever the
// reason for the end; no goroutine of this package outlives [Group.Run].
package lifecycle
