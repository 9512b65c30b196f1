// Package web is sign-in as a browser sees it: pages of plain HTML without a script.
//
//	GET  /auth/sign-in              the providers, and a form for each that takes a password
//	GET  /auth/NAME/start           off to a provider
//	GET  /auth/NAME/callback        back from it (OpenID Connect, GitHub)
//	POST /auth/NAME/acs             back from it (SAML)
//	GET  /auth/NAME/metadata        the portal's SAML metadata
//	POST /auth/NAME/password        a login and a password
//	GET  /auth/account              who is signed in, their sessions, and the buttons to sign out, here or everywhere
//	POST /auth/sign-out             (everywhere=yes: all sessions)
//	POST /auth/token                an access token for the session's cookie, or for a refresh token
//
// Invariants: what changes something is refused to other sites. Where a browser goes after a sign-in is a path of the
// portal. No page shows why a sign-in was refused beyond its code: the audit log has the rest.
package web
