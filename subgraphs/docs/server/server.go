package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"gocloud.dev/blob"

	"devportal.internal/graph/authorize"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/urlreader"
)

// Name is the subgraph's name.
const Name = "docs"

// Deps are what the subgraph needs. All are required.
type Deps struct {
	Pool         *pgxpool.Pool
	Log          *events.Log
	Decider      authorize.Decider
	Authenticate func(http.Handler) http.Handler
	Logger       *slog.Logger
	Files        *filereader.Files // what may be read of folders
	URLs         *urlreader.Client // reads what lies behind URLs
	Bucket       *blob.Bucket      // keeps assets
	Jobs         *jobs.Runner      // inserts jobs; it need not work any
	Refresh      time.Duration     // how often sites are looked at again
}

// Server is the subgraph. Make one with [New].
type Server struct{}

// New puts the subgraph together over a database in which its migrations and those of jobs were applied. Nothing runs
// before its parts start and a runner works its kinds.
func New(deps Deps) (*Server, error) { return &Server{}, nil }

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return nil }

// AssetsHandler serves images and other files of sites, below [AssetsPath], which its requests' paths still have. The
// principal must be in the context of requests (see auth.NewContext): wrap it with what authenticates clients.
func (s *Server) AssetsHandler() http.Handler { return nil }

// Parts are what goes on in the background: keeping the index of entities up to date. The builds themselves are jobs.
func (s *Server) Parts() []lifecycle.Part { return nil }

// Kinds are the durable jobs: builds, removals, and looking at all sites again.
func (s *Server) Kinds() []jobs.Kind { return nil }

// Built waits until every site that the index of entities names by now was built once, or could not be built: call it
// after the first ingestion is through and the runner of jobs has started.
func (s *Server) Built(ctx context.Context) error { return nil }

// AssetsPath is where [Server.AssetsHandler] belongs on the main listener: pages link to assets there.
const AssetsPath = "/docs-assets/"
