// Package auth says who is asking.
//
//	client ──token──> Authenticator ──Principal──> router ──Minter──> internal token ──> Verifier ──Principal──> subgraph
//
// Terms:
//
//	Principal       who is asking, with groups, roles and attributes: verified, never taken from a bare header
//	client token    a signed token that `portal token` prints; people and tools send it
//	internal token  what the router sends to a subgraph in the name of a principal: short-lived, for one subgraph
//	key ring        the Ed25519 keys of one issuer: the first signs, all verify
//	development user  the principal of a request without credentials on a loopback listener, where no identity
//	                provider is configured
//
// Invariant: a [Principal] in a context was verified by this package, or made by the portal itself for its own work. A
// credential that is present but invalid is an error; it never becomes the development user, and never nobody.
//
// No error, log line or metric of this package holds a token or a key.
package auth
