// Package audit is the portal's memory of who did what: an append-only log whose every record is bound to the one before
// it, and from which personal data can be erased without breaking that.
//
//	transaction ──RecordIn──> audit.outbox ──chaining, after the commit──> audit.chain   hash = H(hash before, record)
//	                                                                  └──> audit.sealed  personal data, each with a salt
//
// Terms:
//
//	event       what happened, as whoever records it tells it
//	fact        a named text of an event; one that is about a person is sealed
//	seal        what the chain holds in place of a sealed fact: a keyed hash (HMAC-SHA-256) of it, the key being its salt
//	begun       a mutation that was remembered before it was done; its outcome is unknown if nobody tells it in time
//	record      an event in the chain: position, time, kind, action, outcome, code, trace, facts, hash
//	chaining    giving positions and hashes to events that are committed; whichever process holds the head's row does it
//	refusal     an event of kind denied: told by [Log.Deny], which nobody waits for and which counts what repeats itself
//	head        position and hash of the last record: note it elsewhere to prove later that nothing was rewritten
//	erasure     forgetting a person: their facts and salts go, the seals stay, and a record says how many went
//
// Writers never wait for one another: an event is one inserted row in the transaction that causes it, so that it is told
// if, and only if, that commits. Positions are given after the commit, one batch at a time.
//
// Invariant: nothing but erasure changes or removes what was recorded (the database's triggers refuse it), and
// [Log.Verify] finds any change, removal or insertion that got past them.
package audit
