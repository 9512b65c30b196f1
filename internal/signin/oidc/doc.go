// Package oidc signs people in with an OpenID Connect provider, Google among them: the authorization code flow with PKCE,
// state and nonce.
package oidc
