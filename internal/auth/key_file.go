package auth

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxKeyFile bounds a key file, in bytes.
const maxKeyFile = 64 << 10

// OpenKeyFile reads the ring of a file, and first makes the file with a new key when it is not there. The file must
// belong to its owner alone (mode 0600), or be readable by its group too (0640), as the files of a Kubernetes secret are for
// a pod that does not run as root. Of several processes that find no file at once, one makes it.
func OpenKeyFile(path string) (*KeyRing, error) {
	ring, err := ReadKeyFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return ring, err
	}
	if err := createKeyFile(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return ReadKeyFile(path)
}

// ReadKeyFile reads the ring of a file that must be there, with the same rights when it has a private key.
func ReadKeyFile(path string) (*KeyRing, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	ring, err := ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	if ring.CanSign() && info.Mode().Perm()&0o037 != 0 {
		return nil, fmt.Errorf("key file %s: others may read it, or its group may write it; make it private with chmod 600", path)
	}
	return ring, nil
}

// createKeyFile writes a new key beside its place and links it there, so that nobody ever reads half a file.
func createKeyFile(path string) error {
	ring, err := GenerateKeys()
	if err != nil {
		return err
	}
	text, err := ring.PrivatePEM()
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	_, err = temporary.Write(text)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	if err := os.Link(temporary.Name(), path); err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	return nil
}
