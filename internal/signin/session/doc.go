// Package session keeps where people are signed in, in Redis.
//
//	sign-in ──▶ Start ──▶ cookie ──▶ Find, on every request: slides the idle limit
//	                  └─▶ Issue ──▶ access token (minutes) + refresh token ──▶ Refresh ──▶ the next two
//	sign-out ─▶ End, EndAll: the cookie, the access tokens and the refresh tokens of the session end at once
//
// Terms:
//
//	session   one sign-in of one person with one client; it ends after a fixed time, or when it was idle for too long
//	id        names a session, in lists and tokens; it is made from the cookie by hashing, and is no secret
//	family    the refresh tokens of one Issue, of which only the latest is good
//
// Invariants: what Redis holds is enough to recognise a cookie and not to make one. A refresh token that was replaced and
// comes again ends its session, except for the moment in which one client may have asked twice.
package session
