// Package lifecycle starts and stops a process in order.
//
//	Group    named parts, started in the order in which they were added and stopped in the reverse order
//	Health   a registry of named checks: whether the process lives, and whether it is ready for traffic
//	Part     one of them; Loop and HTTPServer make parts of functions and servers
//	LockFolder  keeps a second process off a data folder
//
// Invariant: what was started is stopped, exactly once, in reverse order, each part within its deadline, whatever the
// reason for the end; no goroutine of this package outlives [Group.Run], unless a part ignores its context.
package lifecycle
