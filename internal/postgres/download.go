package postgres

import (
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"devportal.internal/internal/lifecycle"
)

const (
	downloadTimeout = 5 * time.Minute
	lockPoll        = 100 * time.Millisecond
)

// download gives the pinned release from the cache folder, and fetches it into that folder first when it is not there.
// Steps: npm packs the archive into a folder of our own, its checksum is compared, it is unpacked, its links are made,
// and only then it moves into place.
func download(ctx context.Context, cacheDir string, progress func(string)) (installation, error) {
	wanted, ok := releaseFor()
	if !ok {
		return installation{}, errors.New("there is no release for this machine")
	}
	cache, err := cacheFolder(cacheDir)
	if err != nil {
		return installation{}, err
	}
	home := filepath.Join(cache, "postgresql-"+releaseVersion)
	if found, err := inspect(ctx, filepath.Join(home, "bin")); err == nil {
		return found, nil
	}
	release, err := awaitFolder(ctx, cache)
	if err != nil {
		return installation{}, err
	}
	defer func() { _ = release() }()
	if found, err := inspect(ctx, filepath.Join(home, "bin")); err == nil {
		return found, nil
	}
	progress("downloading PostgreSQL " + releaseVersion + " (24 MB)")
	if err := fetch(ctx, wanted, cache, home); err != nil {
		return installation{}, fmt.Errorf("download PostgreSQL: %w", err)
	}
	return inspect(ctx, filepath.Join(home, "bin"))
}

func cacheFolder(dir string) (string, error) {
	if dir == "" {
		userCache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the user's cache folder: %w", err)
		}
		dir = filepath.Join(userCache, "devportal")
	}
	return filepath.Abs(dir)
}

// awaitFolder takes the cache folder, waiting while another start downloads into it.
func awaitFolder(ctx context.Context, dir string) (release func() error, err error) {
	for {
		release, err = lifecycle.LockFolder(dir)
		if !errors.Is(err, lifecycle.ErrFolderInUse) {
			return release, err
		}
		if !sleep(ctx, lockPoll) {
			return nil, err
		}
	}
}

func fetch(ctx context.Context, wanted release, cache, home string) error {
	work, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	archive, err := pack(ctx, wanted, work)
	if err != nil {
		return err
	}
	if err := verify(archive, wanted.integrity); err != nil {
		return err
	}
	unpacked := filepath.Join(work, "native")
	if err := unpack(archive, unpacked); err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if err := os.RemoveAll(home); err != nil {
		return err
	}
	return os.Rename(unpacked, home)
}

// pack has the npm client write the package's archive into a folder. No script of the package runs.
func pack(ctx context.Context, wanted release, dir string) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("npm is not installed")
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "pack", "--ignore-scripts", "--silent", "--pack-destination", dir,
		wanted.pkg+"@"+releaseVersion)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm pack %s: %w: %s", wanted.pkg, err, lastLine(string(output)))
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return "", fmt.Errorf("npm pack %s: left %d archives instead of one", wanted.pkg, len(archives))
	}
	return archives[0], nil
}

// verify compares a file with a digest in the form of Subresource Integrity: "sha512-" and base64.
func verify(path, integrity string) error {
	want, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(integrity, "sha512-"))
	if err != nil {
		return fmt.Errorf("read the pinned checksum: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	hash := sha512.New()
	if _, err := io.Copy(hash, f); err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(hash.Sum(nil), want) != 1 {
		return errors.New("the archive does not have the pinned checksum")
	}
	return nil
}
