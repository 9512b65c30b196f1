package signin

import (
	"context"
	"net/http"
	"net/url"

	"devportal.internal/internal/fault"
)

// Identity is what a provider says of somebody.
type Identity struct {
	// Provider names the provider, ID is its own unchangeable name for the person.
	Provider, ID string
	Login        string
	// Email is empty unless the provider vouches for it.
	Email  string
	Groups []string
	// Attributes are further facts.
	Attributes map[string]string
}

// Attempt is a sign-in that has begun.
type Attempt struct {
	Provider string `json:"provider"`
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	// Verifier is PKCE's (RFC 7636).
	Verifier string `json:"verifier"`
	// Request is the id of the SAML request.
	Request string `json:"request,omitempty"`
	// ReturnTo is where the browser goes afterwards: a path of the portal.
	ReturnTo string `json:"returnTo"`
	Expires  int64  `json:"expires"`
}

// Provider is somewhere to sign in. It is a [Redirector] or a [PasswordChecker].
type Provider interface {
	Name() string
	Title() string
	// Match is how the catalog's User is found.
	Match() []string
}

// Redirector is a provider that people go to and come back from.
type Redirector interface {
	Provider
	// Begin gives where the browser goes. It may note something in the attempt.
	Begin(ctx context.Context, attempt *Attempt) (where *url.URL, err error)
	// Complete reads what the provider sends back. An attempt is nil where the person began at the provider.
	Complete(r *http.Request, attempt *Attempt) (Identity, error)
}

// PasswordChecker is a provider that is given a login and a password.
type PasswordChecker interface {
	Provider
	Check(ctx context.Context, login, password string) (Identity, error)
}

// Codes of the faults of sign-in. They are stable.
const (
	// CodeRefused: the provider did not let them in, or what it sent is not acceptable.
	CodeRefused = "SIGN_IN_REFUSED"
	// CodeUnknownUser: they are not in the catalog.
	CodeUnknownUser = "UNKNOWN_USER"
	// CodeAttempt: there is no sign-in to complete in this browser, or it took too long.
	CodeAttempt = "SIGN_IN_NOT_BEGUN"
)

// Refused is the fault of a sign-in that is not accepted. The cause is logged, and never holds a secret.
func Refused(op string, cause error) error {
	return fault.Unauthenticated(op, "the sign-in was refused").WithCode(CodeRefused).Because(cause)
}
