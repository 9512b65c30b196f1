package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/postgres"
)

// server is the PostgreSQL that the tests of this process share.
type server struct {
	url string
	// prefix keeps the databases of processes apart that share one server by PORTAL_TEST_DATABASE_URL.
	prefix    string
	counter   atomic.Int64
	creating  sync.Mutex
	templates sync.Map // name -> func() error, which makes it once

	// The end of the watchdog's pipe: it is closed by the end of the process and nothing else.
	alive *os.File
}

// theServer is the one piece of state that the tests of a process share: go test offers no other place for what is
// started at most once and ends with the process.
var theServer = sync.OnceValues(startServer)

// watchdog waits for the end of the test process, then ends the server in folder $1 and removes what it left.
const watchdog = `read _
pid=$(head -n 1 "$1/cluster/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
	kill -QUIT "$pid" 2>/dev/null
	n=0
	while kill -0 "$pid" 2>/dev/null && [ $n -lt 200 ]; do n=$((n+1)); sleep 0.05; done
fi
socket=$(cat "$1/socket" 2>/dev/null)
case "$socket" in */portal-pg-*) rm -rf "$socket";; esac
rm -rf "$1"`

func startServer() (*server, error) {
	prefix := strings.ToLower(rand.Text()[:6])
	if url := os.Getenv("PORTAL_TEST_DATABASE_URL"); url != "" {
		return &server{url: url, prefix: prefix}, nil
	}
	dir, err := os.MkdirTemp("", "portal-pgtest-")
	if err != nil {
		return nil, err
	}
	alive, err := startWatchdog(dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout)
	defer cancel()
	pg, err := startFromCache(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	return &server{url: pg.URL(), prefix: prefix, alive: alive}, nil
}

func startWatchdog(dir string) (*os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = read.Close() }()
	cmd := exec.Command("/bin/sh", "-c", watchdog, "sh", dir)
	cmd.Stdin = read
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start the watchdog: %w", err), write.Close())
	}
	return write, cmd.Process.Release()
}

// startFromCache starts a server on a copy of a cluster that initdb made for an earlier test process. A cluster that
// does not start (because another version of PostgreSQL was installed since) is made again.
func startFromCache(ctx context.Context, dir string) (*postgres.Server, error) {
	if err := copyCachedCluster(ctx, dir); err == nil {
		if pg, err := startIn(ctx, dir); err == nil {
			return pg, nil
		}
		_ = os.RemoveAll(filepath.Join(cacheDir(), "cluster"))
	}
	if err := os.RemoveAll(filepath.Join(dir, "cluster")); err != nil {
		return nil, err
	}
	return startIn(ctx, dir)
}

func startIn(ctx context.Context, dir string) (*postgres.Server, error) {
	return postgres.Start(ctx, postgres.ServerOptions{DataDir: dir, Volatile: true, MaxConnections: 300})
}

func cacheDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("portal-pgtest-cache-%d", os.Getuid()))
}

func copyCachedCluster(ctx context.Context, dir string) error {
	release, err := awaitCache(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	cached := filepath.Join(cacheDir(), "cluster")
	if _, err := os.Stat(filepath.Join(cached, "PG_VERSION")); err != nil {
		if err := makeCachedCluster(ctx, cached); err != nil {
			return err
		}
	}
	cluster := filepath.Join(dir, "cluster")
	if err := os.CopyFS(cluster, os.DirFS(cached)); err != nil {
		return err
	}
	return os.Chmod(cluster, 0o700)
}

func awaitCache(ctx context.Context) (release func() error, err error) {
	for {
		release, err = lifecycle.LockFolder(cacheDir())
		if err == nil {
			return release, ownedByUs(cacheDir())
		}
		if !errors.Is(err, lifecycle.ErrFolderInUse) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// ownedByUs refuses a folder that somebody else prepared under the expected name.
func ownedByUs(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) != os.Getuid() || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s is not a private folder of ours", dir)
	}
	return nil
}

// makeCachedCluster lets a server make a cluster elsewhere, ends it, and moves the cluster into the cache.
func makeCachedCluster(ctx context.Context, cached string) error {
	work, err := os.MkdirTemp(cacheDir(), "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	pg, err := startIn(ctx, work)
	if err != nil {
		return err
	}
	if err := pg.Stop(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(cached); err != nil {
		return err
	}
	return os.Rename(filepath.Join(work, "cluster"), cached)
}
