// Package workspace is the folder that a task works in.
//
// A task's folder holds states of its workspace. A step that writes works on a copy of the state before it; when the step
// is done, the copy's name is written down as the current state. So a step that is done again starts from what it started
// from the first time.
//
// Invariant: nothing outside of a state can be read, written, renamed or removed through it: not by "..", not by an
// absolute path, not by a link. No links are made, and the bytes and files of a state are bounded.
package workspace
