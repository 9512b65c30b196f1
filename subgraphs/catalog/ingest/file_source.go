package ingest

import (
	"context"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/filereader"
)

// maxMatches bounds what one glob may stand for.
const maxMatches = 10_000

// fileSource reads files under roots, and nothing outside of them, wherever links lead.
type fileSource struct {
	files *filereader.Files
	// first is the root that relative targets are below; "" when there is no root.
	first string
}

// newFileSource opens the roots; one that is not there yet is read from as soon as it is.
func newFileSource(paths []string) (*fileSource, error) {
	files, err := filereader.Open(filereader.Options{Roots: paths, MaxBytes: maxFileBytes, MaxMatches: maxMatches})
	if err != nil {
		return nil, err
	}
	s := &fileSource{files: files}
	if len(paths) > 0 {
		if s.first, err = filepath.Abs(paths[0]); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *fileSource) close() error { return s.files.Close() }

func (s *fileSource) normalise(target string) (string, error) {
	if s.first == "" {
		return "", notAllowed(target, "no folder is configured that files may be read from")
	}
	return s.sibling(filepath.ToSlash(s.first)+"/.", target)
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
	if !s.files.Allows(full) {
		return "", notAllowed(target, "it is outside of the folders that may be read from")
	}
	return full, nil
}

func (s *fileSource) expand(ctx context.Context, target string) ([]string, error) {
	if !strings.ContainsAny(target, "*?[{") {
		return []string{target}, nil
	}
	matches, err := s.files.Glob(ctx, target)
	if err != nil {
		return nil, asTarget(target, err)
	}
	if len(matches) == 0 {
		return nil, notFound("no file fits the pattern")
	}
	for i := range matches {
		matches[i] = filepath.ToSlash(matches[i])
	}
	return matches, nil
}

func (s *fileSource) read(ctx context.Context, target string) ([]byte, error) {
	file, err := s.files.Read(ctx, target)
	if err != nil {
		return nil, asTarget(target, err)
	}
	return file.Body, nil
}

// asTarget says what is wrong with a file in the terms of locations, without the path of any folder.
func asTarget(target string, err error) error {
	switch fault.Code(err) {
	case filereader.CodeFileNotAllowed:
		return notAllowed(target, "it is outside of the folders that may be read from")
	case filereader.CodeNotAFile:
		return notAllowed(path.Base(target), "it is not a regular file")
	case filereader.CodePatternInvalid:
		return notAllowed(target, "the pattern is malformed")
	case filereader.CodeTooManyMatches:
		return fault.Invalid("ingest.expand", "the pattern fits more than %d files", maxMatches).WithCode(CodeTooLarge)
	case filereader.CodeFileTooLarge:
		return fault.Invalid("ingest.read", "the file is larger than %d bytes", maxFileBytes).WithCode(CodeTooLarge)
	case filereader.CodeFileNotFound:
		return notFound("there is no such file")
	case filereader.CodeFileUnreadable:
		return unreadable(err)
	default:
		return fault.In("ingest.file", err)
	}
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
