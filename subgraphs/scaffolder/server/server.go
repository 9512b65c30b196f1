package server

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/graph/authorize"
	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/action"
	"devportal.internal/subgraphs/scaffolder/engine"
	"devportal.internal/subgraphs/scaffolder/gitrepo"
	"devportal.internal/subgraphs/scaffolder/internal/generated"
	"devportal.internal/subgraphs/scaffolder/postgres"
	"devportal.internal/subgraphs/scaffolder/resolver"
	"devportal.internal/subgraphs/scaffolder/vault"
	"devportal.internal/subgraphs/scaffolder/view"
	"devportal.internal/subgraphs/scaffolder/workspace"
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
	settings := deps.Settings.withDefaults()
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	secrets, err := vault.Open(settings.KeyFile)
	if err != nil {
		return nil, err
	}
	publisher, err := gitrepo.NewPublisher(settings.GitRoots)
	if err != nil {
		return nil, err
	}
	actions := action.All(action.Deps{Files: deps.Files, URLs: deps.URLs, Publisher: publisher, Graph: deps.Graph})
	store := postgres.NewStore(deps.Pool, deps.Jobs)
	workspaces := workspace.NewStore(settings.Workspaces)
	runner := engine.New(engine.Options{
		Store: store, Decider: deps.Decider, Actions: actions, Workspaces: workspaces, Vault: secrets,
		Timeout: settings.TaskTimeout, Logger: deps.Logger,
	})
	launcher := &engine.Launcher{Desk: store, Log: deps.Log, Jobs: deps.Jobs, Vault: secrets, Actions: actions}
	consumer := deps.Log.Consumer(Name, entityindex.Topic, entityindex.New(postgres.Schema))
	return &Server{
		handler: serve(deps, store, launcher),
		parts: []lifecycle.Part{
			{Name: Name + " entity index", Start: consumer.CatchUp},
			lifecycle.Loop(Name+" entity index", consumer.Run),
			{Name: "scaffolder workspaces", Start: func(ctx context.Context) error { return workspaces.Sweep(ctx, store.Running) }},
		},
		kinds: []jobs.Kind{
			{Name: scaffolder.JobKind, Concurrency: settings.Concurrency, Timeout: settings.TaskTimeout + graceAfterTimeout, Work: runner.Work},
			{Name: "scaffolder_overdue", Concurrency: 1, Every: overdueEvery, Work: func(ctx context.Context, _ jobs.Job) error { return runner.EndOverdue(ctx) }},
		},
	}, nil
}

// overdueEvery is how often tasks are looked for that nobody works on any more.
const overdueEvery = 5 * time.Minute

// graceAfterTimeout is what a task that took too long is given to write that down.
const graceAfterTimeout = time.Minute

// What the settings are where they say nothing.
const (
	defaultConcurrency = 4
	defaultTaskTimeout = 30 * time.Minute
)

func (s Settings) withDefaults() Settings {
	if s.Concurrency <= 0 {
		s.Concurrency = defaultConcurrency
	}
	if s.TaskTimeout <= 0 {
		s.TaskTimeout = defaultTaskTimeout
	}
	return s
}

func serve(deps Deps, store *postgres.Store, launcher *engine.Launcher) http.Handler {
	gate := authorize.NewGate(deps.Decider)
	resolvers := &resolver.Resolver{Store: store, Log: deps.Log, Gate: gate, Graph: view.NewGraph(store, gate), Launcher: launcher}
	options := deps.Serve
	options.Name, options.Authenticate, options.Logger = Name, deps.Authenticate, deps.Logger
	return graphserver.New(generated.NewExecutableSchema(generated.Config{Resolvers: resolvers}), options)
}

// Handler serves the subgraph to the router.
func (s *Server) Handler() http.Handler { return s.handler }

// Parts are what goes on in the background: keeping the index of entities, and clearing away what dead tasks left.
func (s *Server) Parts() []lifecycle.Part { return s.parts }

// Kinds are the durable jobs: running a task, and ending those that nobody works on any more.
func (s *Server) Kinds() []jobs.Kind { return s.kinds }
