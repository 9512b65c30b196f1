package gitrepo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

// Commit is what is published. Everything in it goes into the commit's hash.
type Commit struct {
	Files   *workspace.Workspace
	Branch  string
	Message string
	// Author is the name of who started the task, Email an address.
	Author, Email string
	Time          time.Time
	// Task is what the commit carries as its trailer "Scaffolder-Task".
	Task string
}

func (c Commit) message() string {
	return strings.TrimSpace(c.Message) + "\n\nScaffolder-Task: " + c.Task + "\n"
}

// build makes a repository with a working tree and the one commit in an empty folder.
func build(ctx context.Context, folder string, commit Commit) (plumbing.Hash, error) {
	branch := plumbing.NewBranchReferenceName(commit.Branch)
	if err := branch.Validate(); err != nil {
		return plumbing.ZeroHash, fault.Invalid("gitrepo.Publish", "%.200q is no name of a branch", commit.Branch).WithCode(CodeRepositoryFailed)
	}
	if err := copyFiles(ctx, commit.Files, folder); err != nil {
		return plumbing.ZeroHash, err
	}
	repository, err := git.PlainInitWithOptions(folder, &git.PlainInitOptions{InitOptions: git.InitOptions{DefaultBranch: branch}})
	if err != nil {
		return plumbing.ZeroHash, failed("the repository cannot be made", err)
	}
	tree, err := repository.Worktree()
	if err != nil {
		return plumbing.ZeroHash, failed("the repository cannot be made", err)
	}
	if err := tree.AddWithOptions(&git.AddOptions{All: true, SkipStatus: false}); err != nil {
		return plumbing.ZeroHash, failed("the files cannot be added", err)
	}
	signature := &object.Signature{Name: commit.Author, Email: commit.Email, When: commit.Time.UTC().Truncate(time.Second)}
	hash, err := tree.Commit(commit.message(), &git.CommitOptions{Author: signature, Committer: signature, AllowEmptyCommits: true})
	if err != nil {
		return plumbing.ZeroHash, failed("the commit cannot be made", err)
	}
	return hash, nil
}

func copyFiles(ctx context.Context, files *workspace.Workspace, folder string) error {
	return files.Walk(func(name string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		body, err := files.Read(name)
		if err != nil {
			return err
		}
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // a repository is there to be read
			return failed("the files cannot be copied", err)
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		if err := os.WriteFile(path, body, mode); err != nil {
			return failed("the files cannot be copied", err)
		}
		return nil
	})
}

// push makes the commit in a folder of its own and pushes it, unless the branch is there with the very same commit.
func push(ctx context.Context, url string, commit Commit) (string, error) {
	folder, err := os.MkdirTemp("", "scaffolder-push-")
	if err != nil {
		return "", failed("no folder can be made to push from", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	hash, err := build(ctx, folder, commit)
	if err != nil {
		return "", err
	}
	repository, err := git.PlainOpen(folder)
	if err != nil {
		return "", failed("the repository cannot be opened", err)
	}
	remote, err := repository.CreateRemote(&config.RemoteConfig{Name: "origin", URLs: []string{url}})
	if err != nil {
		return "", failed("the remote cannot be named", err)
	}
	return hash.String(), pushTo(ctx, remote, commit.Branch, hash)
}

func pushTo(ctx context.Context, remote *git.Remote, branch string, hash plumbing.Hash) error {
	name := plumbing.NewBranchReferenceName(branch)
	there, err := remote.ListContext(ctx, &git.ListOptions{})
	if err != nil && !isEmpty(err) {
		return failed("the remote repository cannot be read", err)
	}
	for _, reference := range there {
		switch {
		case reference.Name() == name && reference.Hash() == hash:
			return nil
		case reference.Name() == name:
			return fault.Conflict("gitrepo.Publish", "the remote repository has a branch %s already", branch).WithCode(CodeRepositoryExists)
		}
	}
	err = remote.PushContext(ctx, &git.PushOptions{RemoteName: "origin", RefSpecs: []config.RefSpec{config.RefSpec(name + ":" + name)}})
	if err != nil && !errors.Is(err, git.NoErrAlreadyUpToDate) {
		return failed("the remote repository does not take the commit", err)
	}
	return nil
}
