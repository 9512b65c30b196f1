package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
)

// Keys are the keys of one issuer as they are now. A [KeyRing] is one that never changes.
type Keys interface {
	// Ring gives the ring of this moment; it is never nil.
	Ring() *KeyRing
}

// Ring gives the ring itself: see [Keys].
func (k *KeyRing) Ring() *KeyRing { return k }

// NewKeyRing makes a ring that signs with the private key and verifies with it and with the public keys. A nil private
// key makes one that only verifies.
func NewKeyRing(private ed25519.PrivateKey, verifying ...ed25519.PublicKey) *KeyRing {
	ring := &KeyRing{public: map[string]ed25519.PublicKey{}}
	if private != nil {
		ring.add(private)
	}
	for _, key := range verifying {
		ring.addPublic(key)
	}
	return ring
}

// Either are keys that sign as the first do, and verify what any of them signed.
func Either(first Keys, others ...Keys) Keys { return either{first, others} }

type either struct {
	first  Keys
	others []Keys
}

// Ring implements [Keys].
func (e either) Ring() *KeyRing {
	own := e.first.Ring()
	all := NewKeyRing(own.signing)
	for _, keys := range append([]Keys{own}, e.others...) {
		ring := keys.Ring()
		for _, id := range ring.order {
			all.addPublic(ring.public[id])
		}
	}
	return all
}

// jwk is a public key in the form of RFC 8037.
type jwk struct {
	Type      string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

// JWKS gives the public keys as a JSON Web Key Set (RFC 7517), for whoever wants to verify client tokens.
func JWKS(keys Keys) []byte {
	ring := keys.Ring()
	set := struct {
		Keys []jwk `json:"keys"`
	}{[]jwk{}}
	for _, id := range ring.order {
		set.Keys = append(set.Keys, jwk{
			Type: "OKP", Curve: "Ed25519", X: base64.RawURLEncoding.EncodeToString(ring.public[id]),
			ID: id, Use: "sig", Algorithm: "EdDSA",
		})
	}
	raw, err := json.Marshal(set)
	if err != nil {
		panic("auth: texts always marshal: " + err.Error())
	}
	return raw
}
