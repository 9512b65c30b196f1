package filereader

import (
	"errors"
	"io/fs"
	"os"
	"sync"
)

// root is a folder below which files may be read. It is opened once, as soon as it exists.
type root struct {
	path string

	mu  sync.Mutex
	dir *os.Root
}

func (r *root) open() (*os.Root, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir != nil {
		return r.dir, nil
	}
	dir, err := os.OpenRoot(r.path)
	if err != nil {
		return nil, err
	}
	r.dir = dir
	return dir, nil
}

func (r *root) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dir == nil {
		return nil
	}
	return r.dir.Close()
}

func rootCause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
