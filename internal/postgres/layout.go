package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"devportal.internal/internal/lifecycle"
)

// layout is where a private server keeps what it has:
//
//	root/lock      held by the process that runs the server
//	root/cluster/  PostgreSQL's data directory
//	root/server.log
//	root/socket    names the socket folder, so that the next start removes one left behind
//	socketDir/     somewhere short
type layout struct {
	root      string
	socketDir string
}

const (
	socketDirPattern = "portal-pg-"
	socketFileName   = ".s.PGSQL.5432"
	leftoverTimeout  = 10 * time.Second
)

func newLayout(dataDir string) (layout, error) {
	if dataDir == "" {
		return layout{}, errors.New("start PostgreSQL: no data folder given")
	}
	root, err := filepath.Abs(dataDir)
	if err != nil {
		return layout{}, fmt.Errorf("find the data folder %s: %w", dataDir, err)
	}
	return layout{root: root}, nil
}

func (l layout) lock() (release func() error, err error) { return lifecycle.LockFolder(l.root) }

func (l layout) cluster() string    { return filepath.Join(l.root, "cluster") }
func (l layout) logFile() string    { return filepath.Join(l.root, "server.log") }
func (l layout) socketNote() string { return filepath.Join(l.root, "socket") }

// clusterVersion gives the major version that made the cluster, or 0 when there is no cluster yet.
func (l layout) clusterVersion() (int, error) {
	path := filepath.Join(l.cluster(), "PG_VERSION")
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the PostgreSQL cluster: %w", err)
	}
	version, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("%s names no major version of PostgreSQL", path)
	}
	return version, nil
}

// makeSocketDir removes the socket folder of an earlier start that was killed and makes a new one, in the first place
// that is writable and short enough for the path of a socket.
func (l *layout) makeSocketDir(r runner) error {
	if err := l.removeSocketDir(); err != nil {
		return err
	}
	var failures []error
	for _, parent := range []string{os.TempDir(), "/tmp", l.root} {
		dir, err := shortDir(parent)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		l.socketDir = dir
		return errors.Join(r.own(dir), os.WriteFile(l.socketNote(), []byte(dir), 0o600))
	}
	return fmt.Errorf("find a short, writable folder for the PostgreSQL socket: %w", errors.Join(failures...))
}

func shortDir(parent string) (string, error) {
	dir, err := os.MkdirTemp(parent, socketDirPattern)
	if err != nil {
		return "", err
	}
	if len(filepath.Join(dir, socketFileName)) > maxSocketPath() {
		return "", errors.Join(fmt.Errorf("%s is too long", dir), os.Remove(dir))
	}
	return dir, nil
}

// maxSocketPath is the size of sun_path without its closing zero.
func maxSocketPath() int {
	if runtime.GOOS == "linux" {
		return 107
	}
	return 103
}

func (l layout) removeSocketDir() error {
	text, err := os.ReadFile(l.socketNote())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the name of the last socket folder: %w", err)
	}
	dir := string(text)
	if filepath.IsAbs(dir) && strings.HasPrefix(filepath.Base(dir), socketDirPattern) {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove the last socket folder: %w", err)
		}
	}
	return os.Remove(l.socketNote())
}

// endLeftover ends the server of an earlier start that outlived its portal, and removes the pid file of one that did
// not. The folder's lock is ours, so nobody else can want that server.
func (l layout) endLeftover(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leftoverTimeout)
	defer cancel()
	asked := false
	for {
		pid, ok := l.serverPID()
		if !ok {
			return nil
		}
		switch l.ownerOf(pid) {
		case nobody, stranger:
			return os.Remove(l.pidFile())
		case ourServer:
			if !asked {
				_ = syscall.Kill(pid, syscall.SIGINT)
				asked = true
			}
		case unknown:
			// PostgreSQL itself judges, when it starts.
			return nil
		}
		if !sleep(ctx, pollInterval) {
			return fmt.Errorf("an earlier PostgreSQL (process %d) still runs in %s", pid, l.root)
		}
	}
}

func (l layout) pidFile() string { return filepath.Join(l.cluster(), "postmaster.pid") }

func (l layout) serverPID() (int, bool) {
	text, err := os.ReadFile(l.pidFile())
	if err != nil {
		return 0, false
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	return pid, err == nil && pid > 0
}

// pidOwner says what a process id in a pid file stands for now.
type pidOwner int

const (
	nobody pidOwner = iota
	stranger
	ourServer
	unknown
)

// ownerOf tells a server of this cluster from a process that was given its old id: a server's working folder is its
// cluster.
func (l layout) ownerOf(pid int) pidOwner {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nobody
	}
	if runtime.GOOS != "linux" {
		return unknown
	}
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nobody
	case err != nil:
		return unknown
	case dir == l.cluster() || sameFile(dir, l.cluster()):
		return ourServer
	default:
		return stranger
	}
}

func sameFile(a, b string) bool {
	ai, errA := os.Stat(a)
	bi, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ai, bi)
}

// sleep waits and reports whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
