package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"devportal.internal/internal/fault"
)

const keyBytes = 32

// Vault seals and opens. It is safe for concurrent use.
type Vault struct{ aead cipher.AEAD }

// Open makes a vault with the key of a file, which is made when it is not there. The file must belong to its owner alone.
// Of several processes that find no file at once, one makes it.
func Open(path string) (*Vault, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := createKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("make the key of the scaffolder's secrets: %w", err)
		}
		key, err = readKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of the scaffolder's secrets: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("use the key of the scaffolder's secrets: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("use the key of the scaffolder's secrets: %w", err)
	}
	return &Vault{aead}, nil
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 || info.Size() != keyBytes {
		return nil, fmt.Errorf("%s: expected %d bytes that only its owner may read", path, keyBytes)
	}
	return os.ReadFile(path)
}

// createKey writes a new key beside its place and links it there, so that nobody ever reads half a key.
func createKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	key := make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails
	_, err = temporary.Write(key)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Link(temporary.Name(), path)
}

// Seal seals the secrets of a task; those of a task without any are nil.
func (v *Vault) Seal(taskID string, secrets map[string]any) ([]byte, error) {
	if len(secrets) == 0 {
		return nil, nil
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return nil, fault.Internal("vault.Seal", err)
	}
	nonce := make([]byte, v.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return v.aead.Seal(nonce, nonce, plain, []byte(taskID)), nil
}

// Unseal opens what [Vault.Seal] sealed for the task.
func (v *Vault) Unseal(taskID string, sealed []byte) (map[string]any, error) {
	const op = "vault.Unseal"
	if len(sealed) == 0 {
		return map[string]any{}, nil
	}
	size := v.aead.NonceSize()
	if len(sealed) < size {
		return nil, fault.Internal(op, errors.New("too short"))
	}
	plain, err := v.aead.Open(nil, sealed[:size], sealed[size:], []byte(taskID))
	if err != nil {
		return nil, fault.Internal(op, err)
	}
	var secrets map[string]any
	if err := json.Unmarshal(plain, &secrets); err != nil {
		return nil, fault.Internal(op, errors.New("what was sealed is no JSON object"))
	}
	return secrets, nil
}
