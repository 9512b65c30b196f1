package jwt

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims are what a valid token says of its bearer.
type claims struct {
	token    string
	identity string
	scopes   []string
	policies []string
	expires  time.Time
}

func (v *Verifier) claimsOf(said jwt.MapClaims, token string, expires time.Time) (*claims, error) {
	subject, err := said.GetSubject()
	if err != nil || subject == "" {
		return nil, errToken
	}
	scopes := slices.Concat(words(said["scope"]), words(said["scp"]))
	slices.Sort(scopes)
	made := &claims{token: token, scopes: slices.Compact(scopes), expires: expires}
	if v.options.PoliciesClaim != "" {
		made.policies = names(claim(said, v.options.PoliciesClaim))
		slices.Sort(made.policies)
		made.policies = slices.Compact(made.policies)
	}
	made.identity, err = v.identity(said, made)
	return made, err
}

// identity is the same for two tokens only if their bearers have the same rights here and, where they are shown the token,
// in the subgraphs: a renewed token has that of the one before.
func (v *Verifier) identity(said jwt.MapClaims, made *claims) (string, error) {
	var of any = []any{said["iss"], said["sub"], made.scopes, made.policies}
	if v.options.Forward {
		rest := maps.Clone(said)
		for _, name := range []string{"exp", "iat", "nbf", "jti"} {
			delete(rest, name)
		}
		of = rest
	}
	text, err := json.Marshal(of)
	if err != nil {
		return "", errToken
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// claim finds a claim by its name, or by the path to it through objects.
func claim(said map[string]any, name string) any {
	if value, found := said[name]; found {
		return value
	}
	above, below, nested := strings.Cut(name, ".")
	if !nested {
		return nil
	}
	inner, isObject := said[above].(map[string]any)
	if !isObject {
		return nil
	}
	return claim(inner, below)
}

// words are the values of a claim that is a list in one string (RFC 8693 section 4.2), or an array.
func words(value any) []string {
	if text, isText := value.(string); isText {
		return strings.Fields(text)
	}
	return names(value)
}

// names are the values of a claim that is one string or an array of strings. Anything else grants nothing.
func names(value any) []string {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		var found []string
		for _, item := range value {
			if text, isText := item.(string); isText {
				found = append(found, text)
			}
		}
		return found
	}
	return nil
}
