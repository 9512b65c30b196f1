package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/graph/authorize"
	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/events"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/catalog/ingest"
	"devportal.internal/subgraphs/catalog/internal/generated"
	"devportal.internal/subgraphs/catalog/postgres"
	"devportal.internal/subgraphs/catalog/resolver"
	"devportal.internal/subgraphs/catalog/view"
)

// Name is the subgraph's name.
const Name = "catalog"

// Deps are what the subgraph needs. All but Logger are required.
type Deps struct {
	Pool         *pgxpool.Pool
	Log          *events.Log
	Decider      authorize.Decider
	Authenticate func(http.Handler) http.Handler
	URLs         ingest.URLReader
	Logger       *slog.Logger
	Settings     Settings
	// Serve adds to how the schema is served; Name and Authenticate are filled in.
	Serve graphserver.Options
}

// Settings say what the catalog reads.
type Settings struct {
	// Roots are the folders that files may be read from.
	Roots []string
	// Locations are those that are always read.
	Locations []catalog.Location
	// OrphanPolicy is "delete" (also "") or "keep".
	OrphanPolicy string
	// Refresh is how often every location is read again; 0 means every two minutes.
	Refresh time.Duration
}

// Server is the catalog subgraph.
type Server struct {
	deps    Deps
	keeper  *ingest.Keeper
	handler http.Handler
}

const (
	defaultRefresh = 2 * time.Minute
	// firstReadTimeout bounds the first ingestion: a start with many remote locations takes its time.
	firstReadTimeout = 10 * time.Minute
)

// New wires the subgraph. Its migrations must have been applied before it is used.
func New(deps Deps) (*Server, error) {
	store := postgres.NewStore(deps.Pool)
	keeper, err := ingest.New(ingest.Options{
		Store: store, Waiter: deps.Log, Roots: deps.Settings.Roots, URLs: deps.URLs, Locations: deps.Settings.Locations,
		OrphanPolicy: deps.Settings.OrphanPolicy, Logger: deps.Logger,
	})
	if err != nil {
		return nil, err
	}
	gate := authorize.NewGate(deps.Decider)
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: &resolver.Resolver{
		Gate: gate, Graph: view.NewGraph(gate, store, store), Keeper: keeper, Log: deps.Log,
	}})
	serve := deps.Serve
	serve.Name, serve.Authenticate, serve.Logger = Name, deps.Authenticate, deps.Logger
	return &Server{deps: deps, keeper: keeper, handler: graphserver.New(schema, serve)}, nil
}

// Handler answers the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Parts are what goes on in the background: the first ingestion, without which nothing is there to serve, and the watch
// over files.
func (s *Server) Parts() []lifecycle.Part {
	return []lifecycle.Part{
		{
			Name: "catalog ingestion", Start: s.keeper.Begin, StartTimeout: firstReadTimeout,
			Stop: func(context.Context) error { return s.keeper.Close() },
		},
		lifecycle.Loop("catalog file watch", s.keeper.Watch),
	}
}

// Kinds are the durable jobs: reading every location again, once in all processes together.
func (s *Server) Kinds() []jobs.Kind {
	every := s.deps.Settings.Refresh
	if every <= 0 {
		every = defaultRefresh
	}
	return []jobs.Kind{{
		Name: "catalog_refresh", Concurrency: 1, Every: every,
		Work: func(ctx context.Context, _ jobs.Job) error { return s.keeper.ReadAll(ctx) },
	}}
}
