package auth

// Codes of the faults of this package. They are stable.
const (
	// CodeUnauthenticated: there is no credential where one is needed.
	CodeUnauthenticated = "UNAUTHENTICATED"
	// CodeTokenInvalid: the token is malformed, not ours, or not for this use.
	CodeTokenInvalid = "TOKEN_INVALID"
	// CodeTokenExpired: the token was good once; get a new one.
	CodeTokenExpired = "TOKEN_EXPIRED"
)
