package ingest

import (
	"context"
	"net/url"
	"path"
	"strings"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/urlreader"
)

// URLReader reads URLs. [urlreader.Client] is one.
type URLReader interface {
	Read(ctx context.Context, target string, condition urlreader.Condition) (*urlreader.Response, error)
}

// FetchStore keeps what URLs answered last.
type FetchStore interface {
	Fetched(ctx context.Context, url string) (condition urlreader.Condition, body []byte, err error)
	SaveFetched(ctx context.Context, url string, condition urlreader.Condition, body []byte) error
}

// urlSource reads URLs, and asks only for what has changed.
type urlSource struct {
	client URLReader
	store  FetchStore
}

func (s *urlSource) normalise(target string) (string, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", notAllowed(target, "write a URL that begins with https://")
	}
	if u.User != nil {
		return "", notAllowed(target, "a URL must hold no credentials")
	}
	u.Fragment = ""
	return u.String(), nil
}

// sibling resolves a reference, and refuses one that leaves the repository.
func (s *urlSource) sibling(base, target string) (string, error) {
	from, err := url.Parse(base)
	if err != nil {
		return "", notAllowed(base, "it is no URL")
	}
	to, err := from.Parse(target)
	if err != nil {
		return "", notAllowed(target, "it is no URL")
	}
	if !sameRepository(from, to) {
		return "", notAllowed(target, "it leads out of the repository")
	}
	return s.normalise(to.String())
}

// sameRepository holds for URLs of one host whose paths begin with the same owner and repository.
func sameRepository(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Host, b.Host) && repositoryOf(a) == repositoryOf(b)
}

func repositoryOf(u *url.URL) string {
	parts := strings.SplitN(strings.TrimPrefix(path.Clean(u.Path), "/"), "/", 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

func (s *urlSource) expand(_ context.Context, target string) ([]string, error) {
	u, err := url.Parse(target)
	if err != nil || strings.ContainsAny(u.Path, "*{[") {
		return nil, notAllowed(target, "a URL cannot be a pattern")
	}
	return []string{target}, nil
}

func (s *urlSource) read(ctx context.Context, target string) ([]byte, error) {
	condition, body, err := s.store.Fetched(ctx, target)
	if err != nil {
		return nil, err
	}
	response, err := s.client.Read(ctx, target, condition)
	if err != nil {
		return nil, err
	}
	if response.NotModified && body != nil {
		return body, nil
	}
	if len(response.Body) > maxFileBytes {
		return nil, fault.Invalid("ingest.read", "the file is larger than %d bytes", maxFileBytes).WithCode(CodeTooLarge)
	}
	return response.Body, s.store.SaveFetched(ctx, target, response.Condition, response.Body)
}
