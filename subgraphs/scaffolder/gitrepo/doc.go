// Package gitrepo publishes a workspace as the first commit of a new git repository: in a folder below a configured root,
// with a working tree, or behind a URL below a configured prefix.
//
// The commit follows from its content, the task, the author and the time that the task was started: publishing the same
// again makes the same commit, and a repository that has that commit already is the one that was to be made.
//
// Invariant: a repository appears complete or not at all, and none that is there is touched.
package gitrepo
