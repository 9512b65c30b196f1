package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyBytes is the size of a master key, and of the keys derived from it.
const keyBytes = 32

// maxMasters bounds how many master keys there are.
const maxMasters = 8

// ErrCannotOpen says that something was not sealed here, or not for this purpose, or was changed since.
var ErrCannotOpen = errors.New("it cannot be opened with the keys there are")

// Seal seals and opens. It is safe for concurrent use, and never prints a key.
type Seal struct {
	masters [][]byte
}

// Parse reads master keys: base64 of 32 bytes each, separated by white space or commas. Errors never quote the text.
func Parse(text string) (*Seal, error) {
	s := &Seal{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' }) {
		key, err := base64.StdEncoding.DecodeString(word)
		if err != nil || len(key) != keyBytes {
			return nil, errors.New("an encryption key must be the base64 of 32 bytes, as `openssl rand -base64 32` prints it")
		}
		s.masters = append(s.masters, key)
	}
	if len(s.masters) == 0 || len(s.masters) > maxMasters {
		return nil, fmt.Errorf("there must be between 1 and %d encryption keys", maxMasters)
	}
	return s, nil
}

// Open reads the master keys of a file, and first makes the file with a new key where create says so and it is not there.
// The file must belong to its owner alone.
func Open(path string, create bool) (*Seal, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && create {
		if err := makeFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make the encryption key: %w", err)
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the encryption key: %w", err)
	}
	if create && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("encryption key %s: others may read it; make it private with chmod 600", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the encryption key: %w", err)
	}
	s, err := Parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("encryption key %s: %w", path, err)
	}
	return s, nil
}

// makeFile writes a new key beside its place and links it there, so that nobody ever reads half a file.
func makeFile(path string) error {
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key)
	temporary, err := os.CreateTemp(filepath.Dir(path), ".seal-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Link(temporary.Name(), path)
}

// Seal encrypts and authenticates (AES-256-GCM). Context is authenticated and not stored: who opens must know it.
func (s *Seal) Seal(purpose, context string, plain []byte) []byte {
	aead := cipherOf(s.masters[0], purpose)
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	_, _ = rand.Read(nonce)
	return aead.Seal(nonce, nonce, plain, []byte(context))
}

// Open gives what was sealed for the purpose and context, or [ErrCannotOpen].
func (s *Seal) Open(purpose, context string, sealed []byte) ([]byte, error) {
	for _, master := range s.masters {
		aead := cipherOf(master, purpose)
		if len(sealed) < aead.NonceSize() {
			break
		}
		nonce, text := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
		if plain, err := aead.Open(nil, nonce, text, []byte(context)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrCannotOpen
}

// Tag gives 32 bytes that only who has the key can make for the text (HMAC-SHA-256).
func (s *Seal) Tag(purpose, text string) []byte { return tag(s.masters[0], purpose, text) }

// Verifies reports whether a tag was made for the text with one of the keys. It takes the same time either way.
func (s *Seal) Verifies(purpose, text string, given []byte) bool {
	verified := false
	for _, master := range s.masters {
		verified = hmac.Equal(tag(master, purpose, text), given) || verified
	}
	return verified
}

// String shows no key.
func (s *Seal) String() string { return fmt.Sprintf("seal with %d keys", len(s.masters)) }

// GoString shows no key either.
func (s *Seal) GoString() string { return s.String() }

func tag(master []byte, purpose, text string) []byte {
	mac := hmac.New(sha256.New, derived(master, "tag "+purpose))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func cipherOf(master []byte, purpose string) cipher.AEAD {
	block, err := aes.NewCipher(derived(master, "seal "+purpose))
	if err != nil {
		panic("seal: a key of 32 bytes is an AES key: " + err.Error())
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("seal: AES has blocks of 16 bytes: " + err.Error())
	}
	return aead
}

func derived(master []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, "devportal "+purpose, keyBytes)
	if err != nil {
		panic("seal: 32 bytes can be derived: " + err.Error())
	}
	return key
}
