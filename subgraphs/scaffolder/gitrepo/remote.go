package gitrepo

import (
	"errors"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

// isEmpty reports whether a remote repository is there and has no commit yet.
func isEmpty(err error) bool { return errors.Is(err, transport.ErrEmptyRemoteRepository) }
