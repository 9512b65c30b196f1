// Package urlreader is the one HTTP client by which the portal reads URLs that people gave it: catalog locations,
// definitions, documentation sources.
//
//	Read ── URL allowed? ── resolve ── address allowed? ── connect ── redirect? ──┐
//	            └──────────────────────── again, for every hop ───────────────────┘
//
// Invariant: no connection is made to a private, loopback, link-local or otherwise special address, whatever a name
// resolves to and wherever a redirect leads, unless the settings allow private networks: the address is checked after
// the resolver answered and before the connection is made, so that nothing can change in between. Bytes, time and
// redirects are bounded. No credentials are sent, and no error shows a query.
package urlreader
