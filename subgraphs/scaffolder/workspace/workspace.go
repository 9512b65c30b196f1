package workspace

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"devportal.internal/internal/fault"
)

// Codes of the faults that this package makes.
const (
	CodePathNotAllowed = "PATH_NOT_ALLOWED"
	CodeTooLarge       = "WORKSPACE_TOO_LARGE"
	CodeFileNotFound   = "FILE_NOT_FOUND"
	CodeFileExists     = "FILE_EXISTS"
)

// Limits of a workspace.
const (
	MaxBytes     = 256 << 20
	MaxFileBytes = 32 << 20
	MaxFiles     = 20_000
	maxPathBytes = 1024
)

// Workspace is one state. Only one goroutine uses it at a time.
type Workspace struct {
	path  string
	root  *os.Root
	bytes int64
	files int
}

// Open opens the state in a folder.
func Open(folder string) (*Workspace, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, fault.Internal("workspace.Open", err)
	}
	w := &Workspace{path: folder, root: root}
	err = w.Walk(func(_ string, info fs.FileInfo) error {
		w.files++
		w.bytes += info.Size()
		return nil
	})
	return w, err
}

// Close closes the state; its files stay.
func (w *Workspace) Close() error { return w.root.Close() }

// Folder is where the state lies.
func (w *Workspace) Folder() string { return w.path }

// Clean checks a path and gives it in its shortest form. "" and "." are the workspace itself.
func Clean(name string) (string, error) {
	cleaned := path.Clean(strings.TrimPrefix(name, "./"))
	if name == "" {
		cleaned = "."
	}
	local := filepath.IsLocal(filepath.FromSlash(cleaned)) && !strings.ContainsAny(name, "\x00\\") && len(name) <= maxPathBytes
	if !local || slices.ContainsFunc(strings.Split(cleaned, "/"), isGit) {
		return "", notAllowed(name)
	}
	return cleaned, nil
}

// isGit reports whether a folder is git's own: what lies in there runs when git does.
func isGit(segment string) bool {
	return strings.EqualFold(strings.TrimRight(segment, ". "), ".git") || strings.EqualFold(segment, "git~1")
}

// Write writes a file, and makes the folders above it.
func (w *Workspace) Write(name string, body []byte, executable bool) error {
	cleaned, err := cleanFile(name)
	if err != nil {
		return err
	}
	if len(body) > MaxFileBytes || w.bytes+int64(len(body)) > MaxBytes || w.files >= MaxFiles {
		return fault.Invalid("workspace.Write", "with %s the workspace would be too large: at most %d files of %d bytes, and %d bytes in all",
			name, MaxFiles, MaxFileBytes, MaxBytes).WithCode(CodeTooLarge)
	}
	if err := w.root.MkdirAll(path.Dir(cleaned), 0o700); err != nil {
		return translate("workspace.Write", name, err)
	}
	mode := fs.FileMode(0o600)
	if executable {
		mode = 0o700
	}
	if err := w.root.WriteFile(cleaned, body, mode); err != nil {
		return translate("workspace.Write", name, err)
	}
	w.files++
	w.bytes += int64(len(body))
	return translate("workspace.Write", name, w.root.Chmod(cleaned, mode))
}

// Read reads a file.
func (w *Workspace) Read(name string) ([]byte, error) {
	cleaned, err := cleanFile(name)
	if err != nil {
		return nil, err
	}
	file, err := w.root.Open(cleaned)
	if err != nil {
		return nil, translate("workspace.Read", name, err)
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, MaxFileBytes))
	return body, translate("workspace.Read", name, err)
}

// Exists reports whether there is something at the path.
func (w *Workspace) Exists(name string) (bool, error) {
	cleaned, err := Clean(name)
	if err != nil {
		return false, err
	}
	_, err = w.root.Lstat(cleaned)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, translate("workspace.Exists", name, err)
}

// Rename moves a file or folder. What is in its way is a conflict unless it may be replaced.
func (w *Workspace) Rename(from, to string, replace bool) error {
	const op = "workspace.Rename"
	source, err := cleanFile(from)
	if err != nil {
		return err
	}
	target, err := cleanFile(to)
	if err != nil {
		return err
	}
	there, err := w.Exists(target)
	if err != nil {
		return err
	}
	if there && !replace {
		return fault.Conflict(op, "%s is there already", to).WithCode(CodeFileExists)
	}
	if there && source != target {
		if _, err := w.root.Lstat(source); err != nil {
			return translate(op, from, err)
		}
		if err := w.root.RemoveAll(target); err != nil {
			return translate(op, to, err)
		}
	}
	if err := w.root.MkdirAll(path.Dir(target), 0o700); err != nil {
		return translate(op, to, err)
	}
	return translate(op, from, w.root.Rename(source, target))
}

// Remove removes everything that a pattern matches (*, ?, [a-z], {a,b}, ** for folders), folders with all that is in them.
func (w *Workspace) Remove(pattern string) error {
	const op = "workspace.Remove"
	cleaned, err := cleanFile(pattern)
	if err != nil {
		return err
	}
	found := []string{cleaned}
	if strings.ContainsAny(cleaned, "*?[{") {
		if found, err = doublestar.Glob(w.root.FS(), cleaned, doublestar.WithNoFollow()); err != nil {
			return fault.Invalid(op, "%s is not a pattern", pattern).WithCode(CodePathNotAllowed)
		}
	}
	for _, name := range found {
		if err := w.root.RemoveAll(name); err != nil {
			return translate(op, name, err)
		}
	}
	return nil
}

// Walk visits every file in the order of their paths.
func (w *Workspace) Walk(visit func(name string, info fs.FileInfo) error) error {
	err := fs.WalkDir(w.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fault.Invalid("workspace.Walk", "%s is not a file", name).WithCode(CodePathNotAllowed)
		}
		return visit(name, info)
	})
	return translate("workspace.Walk", ".", err)
}

// cleanFile is [Clean] for what cannot be the workspace itself.
func cleanFile(name string) (string, error) {
	cleaned, err := Clean(name)
	if err == nil && cleaned == "." {
		return "", notAllowed(name)
	}
	return cleaned, err
}

func notAllowed(name string) error {
	return fault.Invalid("workspace.Clean", "%.200q is not a path within the workspace", name).WithCode(CodePathNotAllowed)
}

// translate turns an error of the file system into a fault. A link that leaves the workspace is not allowed.
func translate(op, name string, err error) error {
	var known *fault.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fault.NotFound(op, "%s does not exist in the workspace", name).WithCode(CodeFileNotFound)
	case errors.Is(err, fs.ErrExist):
		return fault.Conflict(op, "%s is there already", name).WithCode(CodeFileExists)
	default:
		return fault.Invalid(op, "%.200q cannot be used in the workspace", name).WithCode(CodePathNotAllowed).Because(err)
	}
}
