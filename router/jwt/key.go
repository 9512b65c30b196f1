package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Bounds of a key set.
const (
	maxKeySetBytes = 256 << 10
	maxKeys        = 100
	minRSABits     = 2048
	maxRSABits     = 8192
)

// key is one public key, and the signatures that it verifies.
type key struct {
	id         string
	algorithms []string
	public     crypto.PublicKey
}

// jwk is a JSON Web Key (RFC 7517 section 4) as far as public keys go.
type jwk struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	Curve      string   `json:"crv"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	N          string   `json:"n"`
	E          string   `json:"e"`
}

// readKeys reads a key set. Keys of kinds or for uses that are not known are left out (RFC 7517 section 5).
func readKeys(text []byte) ([]key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil || set.Keys == nil {
		return nil, errors.New("it is no JSON Web Key Set")
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("it holds more than %d keys", maxKeys)
	}
	var keys []key
	for _, raw := range set.Keys {
		var described jwk
		if json.Unmarshal(raw, &described) != nil || !described.verifies() {
			continue
		}
		if made, ok := described.key(); ok {
			keys = append(keys, made)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("it holds no key that could verify a token")
	}
	return keys, nil
}

func (j jwk) verifies() bool {
	return (j.Use == "" || j.Use == "sig") && (len(j.Operations) == 0 || slices.Contains(j.Operations, "verify"))
}

// key makes the key, unless it is of no kind known here, or says that it is for signatures of another kind.
func (j jwk) key() (key, bool) {
	made := key{id: j.ID}
	switch j.Type {
	case "OKP":
		made.public, made.algorithms = j.edwards()
	case "EC":
		made.public, made.algorithms = j.elliptic()
	case "RSA":
		made.public, made.algorithms = j.rsa()
	}
	if j.Algorithm != "" {
		if !slices.Contains(made.algorithms, j.Algorithm) {
			return key{}, false
		}
		made.algorithms = []string{j.Algorithm}
	}
	return made, len(made.algorithms) > 0
}

func (j jwk) edwards() (crypto.PublicKey, []string) {
	x := decoded(j.X)
	if j.Curve != "Ed25519" || len(x) != ed25519.PublicKeySize {
		return nil, nil
	}
	return ed25519.PublicKey(x), []string{"EdDSA"}
}

func (j jwk) elliptic() (crypto.PublicKey, []string) {
	var curve elliptic.Curve
	var algorithm string
	switch j.Curve {
	case "P-256":
		curve, algorithm = elliptic.P256(), "ES256"
	case "P-384":
		curve, algorithm = elliptic.P384(), "ES384"
	case "P-521":
		curve, algorithm = elliptic.P521(), "ES512"
	default:
		return nil, nil
	}
	x, y := decoded(j.X), decoded(j.Y)
	size := (curve.Params().BitSize + 7) / 8
	if len(x) != size || len(y) != size {
		return nil, nil
	}
	public, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, nil
	}
	return public, []string{algorithm}
}

func (j jwk) rsa() (crypto.PublicKey, []string) {
	n, e := new(big.Int).SetBytes(decoded(j.N)), new(big.Int).SetBytes(decoded(j.E))
	if n.BitLen() < minRSABits || n.BitLen() > maxRSABits || e.BitLen() < 2 || e.BitLen() > 31 || e.Bit(0) == 0 {
		return nil, nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
}

// decoded is nil for what is no base64url without padding.
func decoded(text string) []byte {
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil
	}
	return bytes
}
