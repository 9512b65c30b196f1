package auth

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"slices"
)

// maxKeys bounds a ring.
const maxKeys = 16

// KeyRing holds the Ed25519 keys of one issuer: the first private key signs, every key verifies. It never shows a
// private key, except through [KeyRing.PrivatePEM].
type KeyRing struct {
	signing ed25519.PrivateKey
	// current is the id of the signing key.
	current string
	public  map[string]ed25519.PublicKey
	// order keeps the ids as they were read.
	order []string
}

// GenerateKeys makes a ring with one new key.
func GenerateKeys() (*KeyRing, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate a key: %w", err)
	}
	ring := &KeyRing{public: map[string]ed25519.PublicKey{}}
	ring.add(private)
	return ring, nil
}

// ParseKeys reads a ring from PEM: blocks of PRIVATE KEY (PKCS #8) and PUBLIC KEY (PKIX), all Ed25519. Errors never
// quote the text.
func ParseKeys(text []byte) (*KeyRing, error) {
	ring := &KeyRing{public: map[string]ed25519.PublicKey{}}
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if err := ring.addBlock(block); err != nil {
			return nil, err
		}
		text = rest
	}
	if len(bytes.TrimSpace(text)) > 0 || len(ring.order) == 0 || len(ring.order) > maxKeys {
		return nil, fmt.Errorf("read keys: expected between 1 and %d PEM blocks and nothing else", maxKeys)
	}
	return ring, nil
}

func (k *KeyRing) addBlock(block *pem.Block) error {
	switch block.Type {
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if private, ok := key.(ed25519.PrivateKey); err == nil && ok {
			k.add(private)
			return nil
		}
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if public, ok := key.(ed25519.PublicKey); err == nil && ok {
			k.addPublic(public)
			return nil
		}
	}
	return errors.New("read keys: a PEM block is not an Ed25519 PRIVATE KEY or PUBLIC KEY")
}

func (k *KeyRing) add(private ed25519.PrivateKey) {
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		panic("auth: the public part of an Ed25519 key is an Ed25519 key")
	}
	id := k.addPublic(public)
	if k.signing == nil {
		k.signing, k.current = private, id
	}
}

func (k *KeyRing) addPublic(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	id := base64.RawURLEncoding.EncodeToString(sum[:12])
	if _, known := k.public[id]; !known {
		k.public[id] = public
		k.order = append(k.order, id)
	}
	return id
}

// CanSign reports whether the ring has a private key.
func (k *KeyRing) CanSign() bool { return k.signing != nil }

// IDs lists the ids of the keys, as they were read: they are no secret.
func (k *KeyRing) IDs() []string { return slices.Clone(k.order) }

// PublicPEM gives the public keys, for a process that only verifies.
func (k *KeyRing) PublicPEM() []byte {
	var out bytes.Buffer
	for _, id := range k.order {
		der, err := x509.MarshalPKIXPublicKey(k.public[id])
		if err != nil {
			panic("auth: an Ed25519 key always marshals: " + err.Error())
		}
		_ = pem.Encode(&out, &pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	return out.Bytes()
}

// PrivatePEM gives the signing key, for the file that it is kept in.
func (k *KeyRing) PrivatePEM() ([]byte, error) {
	if !k.CanSign() {
		return nil, errors.New("the ring has no private key")
	}
	der, err := x509.MarshalPKCS8PrivateKey(k.signing)
	if err != nil {
		return nil, fmt.Errorf("write the key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// LogValue shows which keys these are, and none of them.
func (k *KeyRing) LogValue() slog.Value { return slog.AnyValue(k.order) }

// String shows which key signs, and no key.
func (k *KeyRing) String() string { return "key ring " + k.current }

// GoString is String: %#v shows no key either.
func (k *KeyRing) GoString() string { return k.String() }
