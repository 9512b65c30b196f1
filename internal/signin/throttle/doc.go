// Package throttle slows down who guesses passwords: failed sign-ins are counted for each login and for each address, in
// Redis, and too many of them close the door for a while.
//
// Invariant: an attempt is counted before it is made, so that attempts at the same time are not free.
package throttle
