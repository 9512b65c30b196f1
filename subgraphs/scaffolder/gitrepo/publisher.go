package gitrepo

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"

	"devportal.internal/internal/fault"
)

// Codes of the faults that this package makes.
const (
	CodeRepositoryNotAllowed = "REPOSITORY_NOT_ALLOWED"
	CodeRepositoryExists     = "REPOSITORY_EXISTS"
	CodeRepositoryFailed     = "REPOSITORY_FAILED"
)

// Publisher makes repositories below its roots. It is safe for concurrent use.
type Publisher struct {
	folders  []string
	prefixes []*url.URL
}

// NewPublisher makes a publisher for these folders and URL prefixes.
func NewPublisher(roots []string) (*Publisher, error) {
	p := &Publisher{}
	for _, root := range roots {
		if strings.Contains(root, "://") {
			prefix, err := url.Parse(root)
			if err != nil {
				return nil, fault.Invalid("gitrepo.NewPublisher", "the git root %q is no URL", root)
			}
			p.prefixes = append(p.prefixes, prefix)
			continue
		}
		absolute, err := filepath.Abs(root)
		if err != nil {
			return nil, fault.Internal("gitrepo.NewPublisher", err)
		}
		p.folders = append(p.folders, absolute)
	}
	return p, nil
}

// Place is where a repository is to be: a folder, or a URL.
type Place struct {
	root, name string
	url        string
}

// RemoteURL is what git clones from.
func (p Place) RemoteURL() string {
	if p.url != "" {
		return p.url
	}
	return (&url.URL{Scheme: "file", Path: p.folder()}).String()
}

// ContentsURL is where the files of the branch are: a folder, or the URL of the repository.
func (p Place) ContentsURL() string {
	if p.url != "" {
		return strings.TrimSuffix(p.url, ".git")
	}
	return p.folder()
}

func (p Place) folder() string { return filepath.Join(p.root, filepath.FromSlash(p.name)) }

// Place finds the place that a template names: a name below the first folder, an absolute path below any folder, or a
// URL below a prefix. Any other is an invalid fault with code REPOSITORY_NOT_ALLOWED.
func (p *Publisher) Place(repoURL string) (Place, error) {
	if strings.Contains(repoURL, "://") {
		return p.placeOfURL(repoURL)
	}
	if strings.ContainsAny(repoURL, "\x00\\") {
		return Place{}, notAllowed(repoURL)
	}
	if !filepath.IsAbs(repoURL) {
		if len(p.folders) == 0 {
			return Place{}, notAllowed(repoURL)
		}
		return placeBelow(p.folders[0], repoURL, repoURL)
	}
	for _, folder := range p.folders {
		if name, err := filepath.Rel(folder, repoURL); err == nil && filepath.IsLocal(name) {
			return placeBelow(folder, name, repoURL)
		}
	}
	return Place{}, notAllowed(repoURL)
}

func placeBelow(folder, name, given string) (Place, error) {
	cleaned := path.Clean(filepath.ToSlash(name))
	if name == "" || cleaned == "." || !filepath.IsLocal(cleaned) || len(name) > 512 {
		return Place{}, notAllowed(given)
	}
	for _, segment := range strings.Split(cleaned, "/") {
		if strings.HasPrefix(segment, ".") || strings.TrimSuffix(segment, ".git") == "" {
			return Place{}, notAllowed(given)
		}
	}
	return Place{root: folder, name: cleaned}, nil
}

func (p *Publisher) placeOfURL(given string) (Place, error) {
	target, err := url.Parse(given)
	if err != nil || target.User != nil || target.RawQuery != "" || target.Fragment != "" || path.Clean(target.Path) != target.Path ||
		strings.Contains(target.EscapedPath(), "%") {
		return Place{}, notAllowed(given)
	}
	for _, prefix := range p.prefixes {
		below := strings.TrimSuffix(prefix.Path, "/") + "/"
		if target.Scheme == prefix.Scheme && target.Host == prefix.Host && strings.HasPrefix(target.Path, below) && len(target.Path) > len(below) {
			return Place{url: target.String()}, nil
		}
	}
	return Place{}, notAllowed(given)
}

// Publish makes the repository, unless it is there with the very same commit, and gives the commit's hash.
func (p *Publisher) Publish(ctx context.Context, place Place, commit Commit) (hash string, err error) {
	if place.url != "" {
		return push(ctx, place.url, commit)
	}
	if err := os.MkdirAll(place.root, 0o750); err != nil {
		return "", failed("the folder of repositories cannot be made", err)
	}
	root, err := os.OpenRoot(place.root)
	if err != nil {
		return "", failed("the folder of repositories cannot be opened", err)
	}
	defer func() { _ = root.Close() }()
	return publishFolder(ctx, root, place, commit)
}

// publishFolder builds the repository beside its place and moves it there in one step.
func publishFolder(ctx context.Context, root *os.Root, place Place, commit Commit) (string, error) {
	const half = ".unpublished"
	if err := root.MkdirAll(half, 0o700); err != nil {
		return "", failed("no folder can be made beside the repositories", err)
	}
	// An attempt that died left its folder: its name is the same, and it is cleared away here.
	moved := path.Join(half, strings.ReplaceAll(commit.Task, "/", "-"))
	if err := errors.Join(root.RemoveAll(moved), root.Mkdir(moved, 0o700)); err != nil {
		return "", failed("no folder can be made beside the repositories", err)
	}
	defer func() { _ = root.RemoveAll(moved) }()
	building := filepath.Join(place.root, filepath.FromSlash(moved))
	hash, err := build(ctx, building, commit)
	if err != nil {
		return "", err
	}
	if err := root.Chmod(moved, 0o755); err != nil {
		return "", failed("the repository cannot be made readable", err)
	}
	if err := root.MkdirAll(path.Dir(place.name), 0o755); err != nil {
		return "", failed("the folder above the repository cannot be made", err)
	}
	if _, err := root.Lstat(place.name); errors.Is(err, fs.ErrNotExist) {
		if err := root.Rename(moved, place.name); err == nil {
			return hash.String(), nil
		}
	}
	return hash.String(), sameCommit(root, place, commit.Branch, hash)
}

// sameCommit checks that the repository that is there is the one that was to be made.
func sameCommit(root *os.Root, place Place, branch string, want plumbing.Hash) error {
	exists := fault.Conflict("gitrepo.Publish", "there is a repository %s already", path.Base(place.name)).WithCode(CodeRepositoryExists)
	inside, err := root.OpenRoot(place.name)
	if err != nil {
		return exists
	}
	defer func() { _ = inside.Close() }()
	repository, err := git.PlainOpen(place.folder())
	if err != nil {
		return exists
	}
	reference, err := repository.Reference(plumbing.NewBranchReferenceName(branch), true)
	if err != nil || reference.Hash() != want {
		return exists
	}
	return nil
}

func notAllowed(place string) error {
	return fault.Invalid("gitrepo.Place", "%.200q is not below a place where repositories may be made (setting scaffolder.git_roots)", place).
		WithCode(CodeRepositoryNotAllowed)
}

func failed(what string, err error) error {
	return fault.New(fault.KindInvalid, "gitrepo.Publish", "%s", what).WithCode(CodeRepositoryFailed).Because(err)
}
