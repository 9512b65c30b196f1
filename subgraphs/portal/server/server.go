package server

import (
	"log/slog"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/subgraphs/portal"
	"devportal.internal/subgraphs/portal/internal/generated"
	"devportal.internal/subgraphs/portal/postgres"
	"devportal.internal/subgraphs/portal/resolver"
)

// Name is the subgraph's name.
const Name = "portal"

// Deps are what the subgraph needs. All but Logger are required.
type Deps struct {
	Pool     *pgxpool.Pool
	Log      *events.Log
	Rights   portal.Rights
	Policies portal.Policies
	Memory   portal.Memory
	// Accounts are the sessions and tokens; its Rights are filled in.
	Accounts     portal.Accounts
	Authenticate func(http.Handler) http.Handler
	Logger       *slog.Logger
	// Serve adds to how the schema is served; Name and Authenticate are filled in.
	Serve graphserver.Options
}

// Server is the portal subgraph.
type Server struct {
	handler  http.Handler
	consumer *events.Consumer
}

// New wires the subgraph. Its migrations must have been applied before it is used.
func New(deps Deps) (*Server, error) {
	entities := postgres.NewEntities(deps.Pool)
	accounts := deps.Accounts
	accounts.Rights = deps.Rights
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: &resolver.Resolver{
		Portal: portal.New(deps.Rights, entities), Accounts: &accounts,
		Administration: portal.NewAdministration(deps.Policies, deps.Memory, deps.Rights, entities),
	}})
	serve := deps.Serve
	serve.Name, serve.Authenticate, serve.Logger = Name, deps.Authenticate, deps.Logger
	return &Server{
		handler:  graphserver.New(schema, serve),
		consumer: deps.Log.Consumer(Name, entityindex.Topic, entities.Index()),
	}, nil
}

// Handler answers the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Parts are what goes on in the background: keeping the index of entities.
func (s *Server) Parts() []lifecycle.Part {
	return []lifecycle.Part{lifecycle.Loop("portal entity index", s.consumer.Run)}
}

// Kinds are the durable jobs: none.
func (s *Server) Kinds() []jobs.Kind { return nil }
