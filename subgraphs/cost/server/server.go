package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/graph/authorize"
	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
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
	loops    []lifecycle.Part
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
		Name: Name, Authenticate: deps.Authenticate, Logger: deps.Logger,
	})
	s.loops = []lifecycle.Part{
		lifecycle.Loop(Name+" projection", s.consumer.Run),
		lifecycle.Loop(Name+" bills", s.importer.Run),
	}
	return s, nil
}

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Start brings the index of entities up to date, imports the bills, and goes on doing both in the background.
func (s *Server) Start(ctx context.Context) error {
	if err := s.consumer.CatchUp(ctx); err != nil {
		return err
	}
	if err := s.importer.Import(ctx); err != nil {
		return err
	}
	for _, loop := range s.loops {
		if err := loop.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends what goes on in the background, and waits for it.
func (s *Server) Stop(ctx context.Context) error {
	errs := make([]error, len(s.loops))
	for i, loop := range s.loops {
		errs[i] = loop.Stop(ctx)
	}
	return errors.Join(errs...)
}
