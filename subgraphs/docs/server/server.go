package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"gocloud.dev/blob"

	"devportal.internal/graph/authorize"
	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/docs/internal/generated"
	"devportal.internal/subgraphs/docs/postgres"
	"devportal.internal/subgraphs/docs/publish"
	"devportal.internal/subgraphs/docs/resolver"
	"devportal.internal/subgraphs/docs/source"
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
	Audit        *audit.Log        // remembers mutations and refused access; nil remembers nothing
	Files        *filereader.Files // what may be read of folders
	URLs         *urlreader.Client // reads what lies behind URLs
	Bucket       *blob.Bucket      // keeps assets
	Jobs         *jobs.Runner      // inserts jobs; it need not work any
	Refresh      time.Duration     // how often sites are looked at again
}

// Server is the subgraph. Make one with [New].
type Server struct {
	handler   http.Handler
	assets    http.Handler
	consumer  *events.Consumer
	publisher *publish.Publisher
	store     *postgres.Store
	refresh   time.Duration
}

// New puts the subgraph together over a database in which its migrations and those of jobs were applied. Nothing runs
// before its parts start and a runner works its kinds.
func New(deps Deps) (*Server, error) {
	store := postgres.NewStore(deps.Pool)
	gate := authorize.NewGate(deps.Decider)
	s := &Server{
		consumer: deps.Log.Consumer(Name, entityindex.Topic, postgres.NewProjection(publish.Orders{Jobs: deps.Jobs})),
		publisher: &publish.Publisher{
			Store: store, Sources: source.Opener{Folders: deps.Files, URLs: deps.URLs}, Assets: &publish.Assets{Bucket: deps.Bucket},
			AssetBase: AssetsPath, Logger: deps.Logger,
		},
		assets: &assets{store: store, gate: gate, bucket: deps.Bucket, logger: deps.Logger},
		store:  store, refresh: deps.Refresh,
	}
	resolvers := resolver.New(store, deps.Log, gate)
	s.handler = graphserver.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers}), graphserver.Options{
		Name: Name, Authenticate: deps.Authenticate, Logger: deps.Logger, Audit: deps.Audit,
	})
	return s, nil
}

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return s.handler }

// AssetsHandler serves images and other files of sites, below [AssetsPath], which its requests' paths still have. The
// principal must be in the context of requests (see auth.NewContext): wrap it with what authenticates clients.
func (s *Server) AssetsHandler() http.Handler { return s.assets }

// Parts are what goes on in the background: keeping the index of entities up to date. The builds themselves are jobs.
func (s *Server) Parts() []lifecycle.Part {
	return []lifecycle.Part{
		{Name: Name + " entity index", Start: s.consumer.CatchUp},
		lifecycle.Loop(Name+" entity index", s.consumer.Run),
	}
}

// Kinds are the durable jobs: builds, removals, and looking at all sites again.
func (s *Server) Kinds() []jobs.Kind { return s.publisher.Kinds(s.refresh) }

// builtPoll is how often Built looks.
const builtPoll = 10 * time.Millisecond

// Built waits until every site that the index of entities names by now was built once, or could not be built: call it
// after the first ingestion is through and the runner of jobs has started.
func (s *Server) Built(ctx context.Context) error {
	ticker := time.NewTicker(builtPoll)
	defer ticker.Stop()
	for {
		outstanding, err := s.store.Outstanding(ctx)
		if err != nil || !outstanding {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
