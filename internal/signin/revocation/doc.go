// Package revocation ends what runs for a credential when the credential ends before its time.
//
//	sign-out, revoked token ──▶ Revoke ──▶ Redis channel ──▶ Run, in every replica ──▶ the contexts of Watch end
//
// Whoever serves a websocket or an event stream watches its credential, by the name that it has in the audit log
// (auth.Principal.ID: "session:…", "token:…"). Access tokens of a session are watched by the session's name.
//
// Invariants: what this replica revokes ends here at once, also when Redis is away. Messages that Redis may have lost end
// every watched context: clients come back, and those whose credential has ended are refused. Nothing is stored.
package revocation
