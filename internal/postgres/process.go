package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// staleRetry is how long a start is repeated while what a dead server left is in the way: an old pid file, or processes of
// its own that have not noticed its death yet and still hold its shared memory.
const staleRetry = 10 * time.Second

// process is the running server.
type process struct {
	cmd *exec.Cmd
	// done is closed when the server has ended.
	done chan struct{}
	// failed gets an error when it ended although nobody stopped it.
	failed   chan error
	stopping atomic.Bool
}

// launch starts the server, and again for some seconds while remains of a dead one are in the way, and makes the database.
func (s *Server) launch(ctx context.Context, r runner) error {
	s.opts.Progress("starting PostgreSQL " + strconv.Itoa(s.install.major))
	deadline := time.Now().Add(staleRetry)
	for {
		err := s.launchOnce(ctx, r)
		if err == nil {
			break
		}
		if !errors.Is(err, errRemains) || time.Now().After(deadline) || !sleep(ctx, 10*pollInterval) {
			return fmt.Errorf("start PostgreSQL: %w", err)
		}
	}
	if err := s.ensureDatabase(ctx); err != nil {
		s.process.stop(ctx)
		return fmt.Errorf("create the database: %w", err)
	}
	return nil
}

var errRemains = errors.New("remains of a dead server are in the way")

func (s *Server) launchOnce(ctx context.Context, r runner) error {
	p, err := s.spawn(r)
	if err != nil {
		return err
	}
	s.process = p
	err = s.awaitReady(ctx)
	if err == nil {
		return nil
	}
	p.stop(ctx)
	text := s.logTail()
	if strings.Contains(text, "postmaster.pid") || strings.Contains(text, "pre-existing shared memory block") {
		return fmt.Errorf("%w: %s", errRemains, text)
	}
	return fmt.Errorf("%w: %s", err, text)
}

// spawn starts the server on a thread that lives exactly as long as the server: Linux sends the parent-death signal
// when the starting thread ends, not when the process does.
func (s *Server) spawn(r runner) (*process, error) {
	logFile, err := os.OpenFile(s.layout.logFile(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	cmd := r.command(context.Background(), filepath.Join(s.install.bin, "postgres"), s.arguments()...)
	cmd.Stdout, cmd.Stderr = logFile, logFile
	p := &process{cmd: cmd, done: make(chan struct{}), failed: make(chan error, 1)}
	started := make(chan error, 1)
	go p.run(started)
	err = <-started
	return p, errors.Join(err, logFile.Close())
}

func (p *process) run(started chan<- error) {
	defer close(p.done)
	err := runLocked(func() error {
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return err
		}
		return p.cmd.Wait()
	})
	if !p.stopping.Load() {
		p.failed <- fmt.Errorf("PostgreSQL ended by itself: %w", orEnded(err))
	}
}

func orEnded(err error) error {
	if err == nil {
		return errors.New("somebody stopped it")
	}
	return err
}

// runLocked runs f on a thread that nobody else uses and that lives until f returns.
func runLocked(f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return f()
}

// stop asks the server to end: fast (SIGINT) at first, at once (SIGQUIT) when ctx is done, and by SIGKILL if even that
// does nothing.
func (p *process) stop(ctx context.Context) {
	p.stopping.Store(true)
	p.signal(syscall.SIGINT)
	select {
	case <-p.done:
		return
	case <-ctx.Done():
	}
	p.signal(syscall.SIGQUIT)
	select {
	case <-p.done:
		return
	case <-time.After(staleRetry):
	}
	p.signal(syscall.SIGKILL)
	<-p.done
}

func (p *process) signal(sig os.Signal) {
	if p.cmd.Process != nil {
		_ = p.cmd.Process.Signal(sig)
	}
}

func (s *Server) arguments() []string {
	maxConnections := 100
	if s.opts.MaxConnections > 0 {
		maxConnections = s.opts.MaxConnections
	}
	settings := []string{
		"listen_addresses=", "port=5432", "unix_socket_directories=" + s.layout.socketDir, "unix_socket_permissions=0700",
		"max_connections=" + strconv.Itoa(maxConnections), "shared_buffers=128MB", "jit=off",
		"wal_level=minimal", "max_wal_senders=0", "max_wal_size=512MB",
		"log_min_messages=log", "log_checkpoints=off", "log_min_error_statement=panic", "timezone=UTC",
	}
	if s.opts.Volatile {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
	}
	args := []string{"-D", s.layout.cluster()}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.urlOf("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.process.done:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("it did not become ready: %w", err)
		case <-time.After(pollInterval):
		}
	}
}

func (s *Server) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.urlOf("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var exists bool
	const query = "select exists (select from pg_database where datname = $1)"
	if err := conn.QueryRow(ctx, query, databaseName).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{databaseName}.Sanitize())
	return err
}

// logTail gives the last lines of the server's log, on one line.
func (s *Server) logTail() string {
	text, err := os.ReadFile(s.layout.logFile())
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " | ")
}
