// Package budget limits how much callers may ask within time: a token bucket each, whose tokens are points of cost.
//
//	Take(estimate) ──▶ the operation runs ──▶ Return(estimate − actual)
//	    │ not enough: how long to wait
//
// Terms:
//
//   - A Bucket holds Size points when it is full, and gets Restore points back each second.
//   - A Counter keeps one number a caller, for one process or, through a store, for all replicas: the moment at which the
//     caller's bucket will be full again, in microseconds. Taking points moves it on, time passes it by. That is the generic
//     cell rate algorithm; it needs no clock in the store, no script and one step: raise to now, add, read.
//
// Main invariant: a caller is never given more than Size + Restore × seconds points in any time, counted over all who
// share a Counter. While the shared Counter cannot be reached each process counts for itself, and says so.
package budget
