// Package verify checks what package deploy holds, without a cluster.
//
// Terms:
//
//   - Objects are what kustomize renders a folder to, each decoded strictly: a field that Kubernetes does not have is an
//     error, not silence.
//   - A check takes objects (or a file) and gives problems, each a sentence that names the object and what is wrong.
//
// Main invariant: every check has a case in the tests that makes it fail.
package verify
