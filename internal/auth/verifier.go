package auth

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"devportal.internal/internal/fault"
)

// Verifier lets into a subgraph what the router sends, and nothing else.
type Verifier struct {
	scheme *scheme
}

// NewVerifier makes the verifier of a subgraph. The keys are the minter's, or their public parts.
func NewVerifier(keys Keys, subgraph string) *Verifier {
	return NewVerifierAt(keys, subgraph, time.Now)
}

// NewVerifierAt is [NewVerifier] with a clock.
func NewVerifierAt(keys Keys, subgraph string, now func() time.Time) *Verifier {
	return &Verifier{scheme: newScheme(keys, internalKind, internalIssuer, internalAudience+subgraph, now)}
}

// Verify gives the principal that a request is made for. No header but Authorization says anything about who asks.
func (v *Verifier) Verify(r *http.Request) (Principal, error) {
	token, present, err := bearer(r.Header)
	if err != nil {
		return Principal{}, err
	}
	if !present {
		return Principal{}, fault.Unauthenticated("auth.Verify", "only the router may ask here").WithCode(CodeUnauthenticated)
	}
	return v.scheme.verify(token)
}

// Middleware puts the principal into the request's context, and answers 401 to a request that has none.
func (v *Verifier) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, err := v.Verify(r)
		if err != nil {
			refuse(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), p)))
	})
}

// refuse answers in the form of a GraphQL response, so that a GraphQL client shows it.
func refuse(w http.ResponseWriter, err error) {
	message, _ := fault.Message(err)
	body, marshalErr := json.Marshal(map[string]any{"errors": []any{map[string]any{
		"message": message, "extensions": map[string]string{"code": fault.Code(err)},
	}}})
	if marshalErr != nil {
		panic("auth: texts always marshal: " + marshalErr.Error())
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("WWW-Authenticate", "Bearer")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write(body)
}

// bearer gives the token of the Authorization header, and whether the header is there. One that is there in another
// form, or twice, is an error.
func bearer(h http.Header) (token string, present bool, err error) {
	values, present := h["Authorization"]
	if !present {
		return "", false, nil
	}
	if len(values) != 1 {
		return "", true, invalidCredential()
	}
	token, err = bearerToken(values[0])
	return token, true, err
}

// bearerToken reads `Bearer <token>` (RFC 6750); the scheme's letter case does not matter.
func bearerToken(value string) (string, error) {
	scheme, token, ok := strings.Cut(value, " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", invalidCredential()
	}
	return token, nil
}

func invalidCredential() error {
	return fault.Unauthenticated("auth.Authenticate", "a credential has the form: Bearer <token>").WithCode(CodeTokenInvalid)
}
