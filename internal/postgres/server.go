package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ServerOptions say how to start a private PostgreSQL. Only DataDir is required.
type ServerOptions struct {
	// DataDir is the folder that the server may use as its own. It is created when missing.
	DataDir string
	// BinDir is the folder of the PostgreSQL programs (setting pg_bin). "" means: find one, or download one.
	BinDir string
	// CacheDir holds downloaded releases; "" means the user's cache folder.
	CacheDir string
	// Progress, when set, is told in one line each what takes long.
	Progress func(line string)
	// Volatile gives up durability for speed: for tests only.
	Volatile bool
	// MaxConnections bounds the connections of the server; 0 means 100.
	MaxConnections int
}

// Server is a private PostgreSQL that this process started. It ends with [Server.Stop], or with this process, however
// that ends (on Linux; elsewhere the next start on the same folder ends what was left behind).
type Server struct {
	opts    ServerOptions
	layout  layout
	install installation
	process *process
	release func() error
}

// Start finds PostgreSQL, makes a cluster in the data folder if there is none, and starts a server that listens only
// on a unix socket in a private folder. It works as root and as an ordinary user. A second start on the same folder
// is refused while the first server's process lives.
func Start(ctx context.Context, opts ServerOptions) (*Server, error) {
	if opts.Progress == nil {
		opts.Progress = func(string) {}
	}
	layout, err := newLayout(opts.DataDir)
	if err != nil {
		return nil, err
	}
	release, err := layout.lock()
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, layout: layout, release: release}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.cleanUp())
	}
	return s, nil
}

// URL is the connection string of the server's database, for [Open]. It holds no secret: the socket's folder is private.
func (s *Server) URL() string { return s.urlOf(databaseName) }

// Version is the major version of the server, for example 15.
func (s *Server) Version() int { return s.install.major }

// Failed gives a channel on which an error comes when the server ends although nobody stopped it.
func (s *Server) Failed() <-chan error { return s.process.failed }

// Stop ends the server: politely (open transactions are rolled back, a checkpoint is written), and by force once ctx
// is done. It returns when the server has ended and its socket folder is gone.
func (s *Server) Stop(ctx context.Context) error {
	s.process.stop(ctx)
	return s.cleanUp()
}

func (s *Server) start(ctx context.Context) error {
	if err := s.findInstallation(ctx); err != nil {
		return err
	}
	r, err := newRunner(s.layout, s.install)
	if err != nil {
		return err
	}
	return s.startAs(ctx, r)
}

func (s *Server) startAs(ctx context.Context, r runner) error {
	if err := s.layout.endLeftover(ctx); err != nil {
		return err
	}
	if err := s.layout.makeSocketDir(r); err != nil {
		return err
	}
	if err := s.ensureCluster(ctx, r); err != nil {
		return err
	}
	return s.launch(ctx, r)
}

func (s *Server) findInstallation(ctx context.Context) error {
	wanted, err := s.layout.clusterVersion()
	if err != nil {
		return err
	}
	s.install, err = finder{binDir: s.opts.BinDir, cacheDir: s.opts.CacheDir, progress: s.opts.Progress}.find(ctx, wanted)
	return err
}

// ensureCluster makes the cluster beside its final place and moves it there at the end, so that a start that was
// killed half-way leaves nothing that looks like a cluster.
func (s *Server) ensureCluster(ctx context.Context, r runner) error {
	if version, err := s.layout.clusterVersion(); err != nil || version != 0 {
		return err
	}
	s.opts.Progress(fmt.Sprintf("creating a PostgreSQL %d cluster in %s", s.install.major, s.layout.root))
	unfinished := s.layout.cluster() + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("remove an unfinished cluster: %w", err)
	}
	if err := s.initCluster(ctx, r, unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, s.layout.cluster()); err != nil {
		return fmt.Errorf("move the new cluster into place: %w", err)
	}
	return nil
}

func (s *Server) urlOf(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=%s&sslmode=disable", database, s.layout.socketDir, superuser)
}

func (s *Server) cleanUp() error {
	return errors.Join(s.layout.removeSocketDir(), s.release())
}

// Names inside the private server, and how long its start may take.
const (
	superuser    = "portal"
	databaseName = "portal"
	startTimeout = 60 * time.Second
	pollInterval = 20 * time.Millisecond
)
