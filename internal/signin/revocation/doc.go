// Package revocation ends what runs for a credential when the credential ends before its time.
//
//	sign-out, revoked token ──▶ Revoke ──▶ table and NOTIFY ──▶ Run, in every replica ──▶ the contexts of Watch end
//
// Whoever serves a websocket or an event stream watches its credential, by the name that it has in the audit log
// (auth.Principal.ID: "session:…", "token:…"). Access tokens of a session are watched by the session's name.
//
// Invariants: what this replica revokes ends here at once. While PostgreSQL is not listened to nothing is lost: what was
// revoked meanwhile is kept for two days, and ends once it is listened to again.
package revocation
