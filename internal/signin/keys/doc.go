// Package keys rotates the keys that sign access tokens.
//
//	made ──lead──▶ signs ──every (90 days)──▶ a successor signs ──overlap──▶ forgotten
//	└──────────── verifies, and is in the JWKS ───────────────────────────┘
//
// Private keys are kept in the database, sealed with the master key of the settings. Every process asks the store once a
// minute; whichever finds the newest key too old makes the next one, under the store's lock.
//
// Invariant: a key is published before it signs and for as long as something that it signed may be valid.
package keys
