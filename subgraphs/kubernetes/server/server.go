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
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/internal/generated"
	"devportal.internal/subgraphs/kubernetes/manifests"
	"devportal.internal/subgraphs/kubernetes/postgres"
	"devportal.internal/subgraphs/kubernetes/resolver"
)

// Name is the subgraph's name.
const Name = "kubernetes"

// Deps are what the subgraph needs. All are required but Clusters.
type Deps struct {
	Pool         *pgxpool.Pool
	Log          *events.Log
	Decider      authorize.Decider
	Authenticate func(http.Handler) http.Handler
	Logger       *slog.Logger
	Audit        *audit.Log // remembers mutations and refused access; nil remembers nothing
	Clusters     []Cluster
	Refresh      time.Duration // how often clusters are read again
}

// Cluster is a folder of manifests that stands for a cluster.
type Cluster struct{ Name, Folder string }

// Server is the subgraph. Make one with [New].
type Server struct {
	handler  http.Handler
	consumer *events.Consumer
	watcher  *kubernetes.Watcher
}

// New puts the subgraph together over a database in which its migrations were applied. Nothing runs before Start.
func New(deps Deps) (*Server, error) {
	store := postgres.NewStore(deps.Pool)
	s := &Server{
		consumer: deps.Log.Consumer(Name, entityindex.Topic, postgres.NewProjection()),
		watcher:  &kubernetes.Watcher{Store: store, Every: deps.Refresh, Logger: deps.Logger},
	}
	for _, cluster := range deps.Clusters {
		folder, err := manifests.NewFolder(cluster.Name, cluster.Folder)
		if err != nil {
			return nil, err
		}
		s.watcher.Sources = append(s.watcher.Sources, folder)
	}
	resolvers := resolver.New(store, deps.Log, authorize.NewGate(deps.Decider))
	s.handler = graphserver.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers}), graphserver.Options{
		Name: Name, Authenticate: deps.Authenticate, Logger: deps.Logger, Audit: deps.Audit,
	})
	return s, nil
}

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Parts are what goes on in the background: keeping the index of entities and what is known of the clusters up to date.
func (s *Server) Parts() []lifecycle.Part {
	return []lifecycle.Part{
		{Name: Name + " entity index", Start: s.consumer.CatchUp},
		lifecycle.Loop(Name+" entity index", s.consumer.Run),
		{Name: "clusters", Start: s.watcher.Start},
		lifecycle.Loop("clusters refresh", s.watcher.Run),
	}
}

// Kinds are the durable jobs: none.
func (s *Server) Kinds() []jobs.Kind { return nil }
