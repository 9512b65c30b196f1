// Package saml signs people in with a SAML 2.0 identity provider: SP-initiated by redirect, and, where the settings allow
// it, IdP-initiated; answers come by POST.
//
// Invariants: only the element whose signature was verified is looked at. An assertion is accepted once: its id is kept
// until it has expired. An answer to a request is accepted only in the browser that made the request.
package saml
