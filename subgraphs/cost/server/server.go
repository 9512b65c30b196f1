package server

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/graph/authorize"
	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/subgraphs/cost"
	"devportal.internal/subgraphs/cost/ingest"
	"devportal.internal/subgraphs/cost/internal/generated"
	"devportal.internal/subgraphs/cost/postgres"
	"devportal.internal/subgraphs/cost/resolver"
)

// Name is the subgraph's name.
const Name = "cost"

// Deps are what the subgraph needs. All are required but Bills and Rules.
type Deps struct {
	Pool         *pgxpool.Pool
	Log          *events.Log
	Decider      authorize.Decider
	Authenticate func(http.Handler) http.Handler
	Logger       *slog.Logger
	Audit        *audit.Log // remembers mutations and refused access; nil remembers nothing
	Files        ingest.Files
	Bills        []string      // patterns of paths of FOCUS files in CSV
	Rules        cost.Rules    // nil means [cost.DefaultRules]
	Refresh      time.Duration // how often the files are looked at again
}

// Server is the subgraph. Make one with [New].
type Server struct {
	handler  http.Handler
	consumer *events.Consumer
	importer *ingest.Importer
}

// New puts the subgraph together over a database in which its migrations were applied. Nothing runs before Start.
func New(deps Deps) (*Server, error) {
	if deps.Rules == nil {
		deps.Rules = cost.DefaultRules()
	}
	if err := deps.Rules.Validate(); err != nil {
		return nil, err
	}
	store := postgres.NewStore(deps.Pool)
	s := &Server{
		consumer: deps.Log.Consumer(Name, entityindex.Topic, entityindex.New(postgres.Schema)),
		importer: &ingest.Importer{
			Files: deps.Files, Store: store, Patterns: deps.Bills, Rules: deps.Rules, Logger: deps.Logger, Every: deps.Refresh,
		},
	}
	resolvers := resolver.New(store, deps.Log, authorize.NewGate(deps.Decider))
	s.handler = graphserver.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers}), graphserver.Options{
		Name: Name, Authenticate: deps.Authenticate, Logger: deps.Logger, Audit: deps.Audit,
	})
	return s, nil
}

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Parts are what goes on in the background: keeping the index of entities and the bills up to date.
func (s *Server) Parts() []lifecycle.Part {
	return []lifecycle.Part{
		{Name: Name + " entity index", Start: s.consumer.CatchUp},
		lifecycle.Loop(Name+" entity index", s.consumer.Run),
		{Name: "bills", Start: s.importer.Import},
		lifecycle.Loop("bills refresh", s.importer.Run),
	}
}

// Kinds are the durable jobs: none.
func (s *Server) Kinds() []jobs.Kind { return nil }
