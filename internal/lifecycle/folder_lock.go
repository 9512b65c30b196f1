package lifecycle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// folderLockFile is the file in a locked folder that carries the lock and the holder's process id.
const folderLockFile = "lock"

// ErrFolderInUse is the cause when another living process holds the folder.
var ErrFolderInUse = errors.New("folder in use")

// LockFolder creates the folder if it is missing (readable by its owner alone) and takes it for this process, until
// release is called or the process ends, however it ends. When another process, or another part of this one, has it,
// the error wraps [ErrFolderInUse] and names the folder and the holder.
func LockFolder(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder %s: %w", dir, cause(err))
	}
	f, err := os.OpenFile(filepath.Join(dir, folderLockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write to the folder %s: %w", dir, cause(err))
	}
	if err := takeLock(f); err != nil {
		return nil, errors.Join(lockError(dir, f, err), f.Close())
	}
	if err := writeHolder(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write to the folder %s: %w", dir, cause(err)), f.Close())
	}
	return func() error { return errors.Join(releaseLock(f), f.Close()) }, nil
}

// releaseLock lets go of the lock itself: a process that was forked at this moment, and has not yet begun its own
// program, shares the open file, and would keep the lock beyond the close.
func releaseLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }

func takeLock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func lockError(dir string, f *os.File, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("lock the folder %s: %w", dir, err)
	}
	return fmt.Errorf("%w: %s is used by %s", ErrFolderInUse, dir, holder(f))
}

func holder(f *os.File) string {
	text := make([]byte, 20)
	n, _ := f.ReadAt(text, 0)
	if pid, err := strconv.Atoi(strings.TrimSpace(string(text[:n]))); err == nil {
		return fmt.Sprintf("another process (id %d)", pid)
	}
	return "another process"
}

func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// cause strips the operation and path, which the caller's text already names.
func cause(err error) error {
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
