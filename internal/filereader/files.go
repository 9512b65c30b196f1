package filereader

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"devportal.internal/internal/fault"
)

// What is read where Options say nothing.
const (
	defaultMaxBytes   = 10 << 20
	defaultMaxMatches = 10_000
)

// Stable codes of the faults that this package makes.
const (
	CodeFileNotAllowed  = "FILE_NOT_ALLOWED"
	CodeFileNotFound    = "FILE_NOT_FOUND"
	CodeFileTooLarge    = "FILE_TOO_LARGE"
	CodeFileUnreadable  = "FILE_UNREADABLE"
	CodeNotAFile        = "NOT_A_FILE"
	CodePatternInvalid  = "PATTERN_INVALID"
	CodeTooManyMatches  = "TOO_MANY_MATCHES"
	whereFilesMayBeRead = "it is not below a folder that may be read (setting file_roots)"
)

// Options say what may be read.
type Options struct {
	// Roots are the folders below which files may be read. One that does not exist yet is looked for again when it is
	// needed: see [Files.Missing].
	Roots []string
	// MaxBytes bounds a file; 0 means 10 MiB.
	MaxBytes int64
	// MaxMatches bounds what one pattern may match; 0 means 10,000.
	MaxMatches int
}

// Files reads files below roots. It serves any number of goroutines.
type Files struct {
	roots      []*root
	maxBytes   int64
	maxMatches int
}

// Open opens the roots. An error names the one that is there and cannot be opened.
func Open(opts Options) (*Files, error) {
	f := &Files{maxBytes: opts.MaxBytes, maxMatches: opts.MaxMatches}
	if f.maxBytes <= 0 {
		f.maxBytes = defaultMaxBytes
	}
	if f.maxMatches <= 0 {
		f.maxMatches = defaultMaxMatches
	}
	for _, path := range opts.Roots {
		if err := f.addRoot(path); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	// The deepest root first, so that the first that holds a path is the nearest.
	slices.SortFunc(f.roots, func(a, b *root) int { return len(b.path) - len(a.path) })
	return f, nil
}

// Close closes the roots.
func (f *Files) Close() error {
	var failures []error
	for _, r := range f.roots {
		failures = append(failures, r.close())
	}
	return errors.Join(failures...)
}

// File is what a path gave.
type File struct {
	// Path is absolute.
	Path    string
	Body    []byte
	ModTime time.Time
}

// Read reads a regular file. A relative path is relative to the working folder.
func (f *Files) Read(ctx context.Context, path string) (*File, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir, name, err := f.open(path)
	if err != nil {
		return nil, err
	}
	// Without O_NONBLOCK, opening a named pipe would wait for its writer.
	opened, err := dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, translate("filereader.Read", path, err)
	}
	defer func() { _ = opened.Close() }()
	return f.readOpened(opened, path)
}

func (f *Files) readOpened(opened *os.File, path string) (*File, error) {
	const op = "filereader.Read"
	info, err := opened.Stat()
	if err != nil {
		return nil, translate(op, path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fault.Invalid(op, "%s is not a file", path).WithCode(CodeNotAFile)
	}
	body, err := io.ReadAll(io.LimitReader(opened, f.maxBytes+1))
	if err != nil {
		return nil, translate(op, path, err)
	}
	if int64(len(body)) > f.maxBytes {
		return nil, fault.Invalid(op, "%s is larger than %d bytes", path, f.maxBytes).WithCode(CodeFileTooLarge)
	}
	absolute, err := filepath.Abs(path)
	return &File{Path: absolute, Body: body, ModTime: info.ModTime()}, err
}

// Glob lists the files that match a pattern with *, ?, [a-z], {a,b} and ** for folders, as absolute paths in order.
// Links are not followed. A pattern that matches nothing gives an empty list.
func (f *Files) Glob(ctx context.Context, pattern string) ([]string, error) {
	const op = "filereader.Glob"
	if !doublestar.ValidatePathPattern(pattern) {
		return nil, fault.Invalid(op, "%s is not a pattern", pattern).WithCode(CodePatternInvalid)
	}
	r, relative, err := f.locate(pattern)
	if err != nil {
		return nil, err
	}
	dir, err := r.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, translate(op, pattern, err)
	}
	var found []string
	err = doublestar.GlobWalk(dir.FS(), filepath.ToSlash(relative), func(name string, _ fs.DirEntry) error {
		if len(found) == f.maxMatches {
			return fault.Invalid(op, "%s matches more than %d files", pattern, f.maxMatches).WithCode(CodeTooManyMatches)
		}
		found = append(found, filepath.Join(r.path, filepath.FromSlash(name)))
		return ctx.Err()
	}, doublestar.WithFilesOnly(), doublestar.WithNoFollow())
	if err != nil {
		return nil, translate(op, pattern, err)
	}
	slices.Sort(found)
	return found, nil
}

// OpenDir opens a folder below a root, as a root of its own: nothing above or beside it can be reached from it. The
// caller closes it.
func (f *Files) OpenDir(path string) (*os.Root, error) {
	parent, name, err := f.open(path)
	if err != nil {
		return nil, err
	}
	dir, err := parent.OpenRoot(name)
	if err != nil {
		return nil, translate("filereader.OpenDir", path, err)
	}
	return dir, nil
}

// Missing lists the roots that do not exist now: worth a warning at the start.
func (f *Files) Missing() []string {
	var missing []string
	for _, r := range f.roots {
		if _, err := r.open(); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, r.path)
		}
	}
	return missing
}

// Allows reports whether a path lies below a root. It says nothing about whether there is a file.
func (f *Files) Allows(path string) bool {
	_, _, err := f.locate(path)
	return err == nil
}

func (f *Files) addRoot(path string) error {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open the file root %s: %w", path, err)
	}
	r := &root{path: absolute}
	if _, err := r.open(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open the file root %s: %w", absolute, rootCause(err))
	}
	f.roots = append(f.roots, r)
	return nil
}

// open gives the nearest root above a path, opened, and the path's name within it.
func (f *Files) open(path string) (*os.Root, string, error) {
	r, name, err := f.locate(path)
	if err != nil {
		return nil, "", err
	}
	dir, err := r.open()
	if err != nil {
		return nil, "", translate("filereader.Read", path, err)
	}
	return dir, name, nil
}

// locate gives the nearest root above a path, and the path's name within it.
func (f *Files) locate(path string) (*root, string, error) {
	refused := fault.Invalid("filereader.Read", "%s may not be read: %s", path, whereFilesMayBeRead).
		WithCode(CodeFileNotAllowed)
	absolute, err := filepath.Abs(path)
	if err != nil || strings.ContainsRune(path, 0) {
		return nil, "", refused
	}
	for _, r := range f.roots {
		name, err := filepath.Rel(r.path, absolute)
		if err == nil && filepath.IsLocal(name) {
			return r, name, nil
		}
	}
	return nil, "", refused
}

// translate turns an error of the file system into a fault. A link that leaves the root looks as if it led nowhere.
func translate(op, path string, err error) error {
	var own *fault.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrPermission):
		return fault.Invalid(op, "%s may not be read by the portal's user", path).WithCode(CodeFileUnreadable).Because(err)
	default:
		return fault.NotFound(op, "%s does not exist", path).WithCode(CodeFileNotFound).Because(err)
	}
}
