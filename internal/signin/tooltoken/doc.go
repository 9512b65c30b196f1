// Package tooltoken is what people give to tools: tokens with a name, scopes and an end, for themselves or for a service
// account.
//
//	dpt_<id>_<secret>        shown once; the database has the id and a hash of the whole
//
// A token acts as its owner. What the owner's groups and roles are is asked when the token is used: those that a provider
// gave at the last sign-in, or the service account's; of an owner who never signed in with a provider, those of the
// credential that the token was made with.
//
// Invariant: scopes only ever take away. A token can do nothing that its owner cannot.
package tooltoken
