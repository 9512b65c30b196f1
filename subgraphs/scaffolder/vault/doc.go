// Package vault seals the secrets of tasks for as long as the tasks run: AES-256-GCM, with a key in a file of its own.
//
// Invariant: what was sealed for one task opens for no other.
package vault
