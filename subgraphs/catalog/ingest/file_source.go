package ingest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"devportal.internal/internal/fault"
)

// maxMatches bounds what one glob may stand for.
const maxMatches = 10_000

// fileSource reads files under roots, and nothing outside of them, wherever links lead.
type fileSource struct {
	roots []root
}

// root is a folder that may be read from.
type root struct {
	path string
	dir  *os.Root
}

// newFileSource opens the roots.
func newFileSource(paths []string) (*fileSource, error) {
	s := &fileSource{}
	for _, name := range paths {
		absolute, err := filepath.Abs(name)
		if err == nil {
			absolute, err = filepath.EvalSymlinks(absolute)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		dir, err := os.OpenRoot(absolute)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.roots = append(s.roots, root{path: filepath.ToSlash(absolute), dir: dir})
	}
	return s, nil
}

func (s *fileSource) close() error {
	var errs []error
	for _, r := range s.roots {
		errs = append(errs, r.dir.Close())
	}
	return errors.Join(errs...)
}

func (s *fileSource) normalise(target string) (string, error) {
	if len(s.roots) == 0 {
		return "", notAllowed(target, "no folder is configured that files may be read from")
	}
	return s.sibling(s.roots[0].path+"/.", target)
}

func (s *fileSource) sibling(base, target string) (string, error) {
	if strings.ContainsRune(target, 0) {
		return "", notAllowed("…", "it is no path")
	}
	full := filepath.ToSlash(target)
	if !path.IsAbs(full) {
		full = path.Join(path.Dir(base), full)
	}
	full = path.Clean(full)
	if _, _, ok := s.within(full); !ok {
		return "", notAllowed(target, "it is outside of the folders that may be read from")
	}
	return full, nil
}

// within gives the root that holds a path, and the rest of the path.
func (s *fileSource) within(full string) (root, string, bool) {
	for _, r := range s.roots {
		if rest, ok := strings.CutPrefix(full, strings.TrimSuffix(r.path, "/")+"/"); ok {
			return r, rest, true
		}
	}
	return root{}, "", false
}

func (s *fileSource) expand(ctx context.Context, target string) ([]string, error) {
	r, pattern, ok := s.within(target)
	if !ok {
		return nil, notAllowed(target, "it is outside of the folders that may be read from")
	}
	if !strings.ContainsAny(pattern, "*?[{") {
		return []string{target}, nil
	}
	if !doublestar.ValidatePattern(pattern) {
		return nil, notAllowed(target, "the pattern is malformed")
	}
	var matches []string
	err := doublestar.GlobWalk(r.dir.FS(), pattern, func(name string, _ fs.DirEntry) error {
		if len(matches) >= maxMatches {
			return fault.Invalid("ingest.expand", "the pattern fits more than %d files", maxMatches).WithCode(CodeTooLarge)
		}
		matches = append(matches, strings.TrimSuffix(r.path, "/")+"/"+name)
		return ctx.Err()
	}, doublestar.WithFilesOnly(), doublestar.WithNoFollow())
	if err != nil {
		return nil, fault.In("ingest.expand", err)
	}
	if len(matches) == 0 {
		return nil, notFound("no file fits the pattern")
	}
	slices.Sort(matches)
	return matches, nil
}

func (s *fileSource) read(_ context.Context, target string) ([]byte, error) {
	r, rest, ok := s.within(target)
	if !ok {
		return nil, notAllowed(target, "it is outside of the folders that may be read from")
	}
	info, err := r.dir.Stat(rest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound("there is no such file")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return nil, notAllowed(path.Base(target), "it is not a regular file")
	}
	file, err := r.dir.Open(rest)
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(text) > maxFileBytes {
		return nil, fault.Invalid("ingest.read", "the file is larger than %d bytes", maxFileBytes).WithCode(CodeTooLarge)
	}
	return text, nil
}

func notAllowed(target, reason string) error {
	return fault.Invalid("ingest.target", "%q cannot be read: %s", shorten(withoutSecrets(target)), reason).WithCode(CodeTargetNotAllowed)
}

// withoutSecrets is a target as it may be shown: a URL without its credentials and its query.
func withoutSecrets(target string) string {
	scheme, _, isURL := strings.Cut(target, "://")
	if !isURL {
		return target
	}
	u, err := url.Parse(target)
	if err != nil {
		return scheme + "://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func notFound(reason string) error {
	return fault.NotFound("ingest.target", "%s", reason).WithCode(CodeTargetNotFound)
}

func unreadable(err error) error {
	return fault.Unavailable("ingest.read", err).WithMessage("the file cannot be read").WithCode(CodeTargetUnreadable)
}
