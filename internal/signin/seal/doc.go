// Package seal keeps what the portal stores outside of its own memory from being read or made up: private signing keys
// in the database, the state of a sign-in in a cookie, refresh tokens.
//
// One or more master keys of 32 bytes come from the settings. The first seals, all open, so that a key can be replaced
// without a break. Each purpose has a key of its own, derived with HKDF-SHA-256: what was sealed for one purpose opens
// for no other.
package seal
