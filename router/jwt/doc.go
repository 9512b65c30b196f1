// Package jwt finds out who is asking a router from a JSON Web Token (RFC 7519): its Verifier is an
// Options.Authenticate, an Options.Policies and an Options.Signer in one.
//
// Terms:
//
//   - An issuer is who signs tokens. Each is configured by the value of its `iss` claim, with a place of its own for its
//     keys: none can sign in the name of another.
//   - A place is the URL or the file of a JSON Web Key Set (RFC 7517).
//   - Key material is what was read from a place last. It is kept while the place cannot be read.
//
// What happens to a request:
//
//	header or connection_init -> no token: anonymous, or refused if tokens are required
//	                          -> a token:  length, three parts, `alg`, `crit`, `typ`
//	                                       -> the key of `iss`, `kid` and `alg` -> signature
//	                                       -> `aud`, `exp`, `nbf`, `sub`       -> Caller
//
// The main invariant: a token that is not valid in every respect refuses the request with UNAUTHENTICATED; it never makes the
// caller anonymous. A key serves only the algorithms of its kind, so that no public key is ever taken for a shared secret:
// algorithms with shared secrets, and `none`, cannot be configured. Neither a token nor a part of one is in an error or
// in the log.
package jwt
