package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"

	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/config"
	"devportal.internal/internal/events"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/policy"
	"devportal.internal/internal/postgres"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/telemetry"
	"devportal.internal/subgraphs/catalog"
	catalogpg "devportal.internal/subgraphs/catalog/postgres"
	catalogserver "devportal.internal/subgraphs/catalog/server"
	"devportal.internal/subgraphs/cost"
	costpg "devportal.internal/subgraphs/cost/postgres"
	costserver "devportal.internal/subgraphs/cost/server"
	docspg "devportal.internal/subgraphs/docs/postgres"
	docsserver "devportal.internal/subgraphs/docs/server"
	kubernetespg "devportal.internal/subgraphs/kubernetes/postgres"
	kubernetesserver "devportal.internal/subgraphs/kubernetes/server"
	"devportal.internal/subgraphs/portal"
	portalpg "devportal.internal/subgraphs/portal/postgres"
	portalserver "devportal.internal/subgraphs/portal/server"
	scaffolderpg "devportal.internal/subgraphs/scaffolder/postgres"
	scaffolderserver "devportal.internal/subgraphs/scaffolder/server"
)

// subgraph is one part of the graph: what answers the router, what runs in the background, what works its jobs.
type subgraph interface {
	Handler() http.Handler
	Parts() []lifecycle.Part
	Kinds() []jobs.Kind
}

// builders make the subgraphs, by name. The catalog comes last: the others follow its events, and what it reads first has
// readers then.
func builders() []builder {
	return []builder{
		{portalserver.Name, newPortal},
		{costserver.Name, newCost},
		{docsserver.Name, newDocs},
		{kubernetesserver.Name, newKubernetes},
		{scaffolderserver.Name, newScaffolder},
		{catalogserver.Name, newCatalog},
	}
}

type builder struct {
	name  string
	build func(f *foundation) (subgraph, error)
}

// migrations are those of everything that keeps something in the database, in the order of their application.
func migrations() []postgres.Migrations {
	return []postgres.Migrations{
		{Schema: "events", Files: events.Migrations()},
		audit.Migrations(),
		policy.Migrations(),
		signinpg.Migrations(),
		jobs.Migrations(),
		catalogpg.Migrations(),
		portalpg.Migrations(),
		costpg.Migrations(),
		docspg.Migrations(),
		kubernetespg.Migrations(),
		scaffolderpg.Migrations(),
	}
}

// guard lets into a subgraph what the router sends, and nothing else.
func (f *foundation) guard(name string) func(http.Handler) http.Handler {
	return auth.NewVerifier(f.keys, name).Middleware
}

func newPortal(f *foundation) (subgraph, error) {
	return portalserver.New(portalserver.Deps{
		Pool: f.pool, Log: f.log, Rights: f.access, Policies: f.policies, Memory: f.audit,
		Authenticate: f.guard(portalserver.Name), Logger: f.logger, Serve: graphserver.Options{Audit: f.audit},
		Accounts: portal.Accounts{
			Sessions: f.signin.sessions, Maker: f.signin.tools, Store: f.signin.store, Audit: f.audit, Revoked: f.signin.revocations.Revoke,
		},
	})
}

func newCatalog(f *foundation) (subgraph, error) {
	settings := f.settings.Catalog
	locations := make([]catalog.Location, len(settings.Locations))
	for i, location := range settings.Locations {
		var kinds []string
		for _, rule := range location.Rules {
			kinds = append(kinds, rule.Allow...)
		}
		if len(location.Rules) == 0 {
			kinds = settings.AllowedKinds
		}
		locations[i] = catalog.Location{Type: location.Type, Target: location.Target, AllowedKinds: kinds}
	}
	return catalogserver.New(catalogserver.Deps{
		Pool: f.pool, Log: f.log, Decider: f.access, Authenticate: f.guard(catalogserver.Name), Serve: graphserver.Options{Audit: f.audit}, URLs: f.urls, Logger: f.logger,
		Settings: catalogserver.Settings{
			Roots: f.settings.FileRoots, Locations: locations, OrphanPolicy: settings.OrphanPolicy, Refresh: settings.Refresh,
		},
	})
}

func newCost(f *foundation) (subgraph, error) {
	rules, err := costRules(f.settings.Cost.Tags)
	if err != nil {
		return nil, err
	}
	return costserver.New(costserver.Deps{
		Pool: f.pool, Log: f.log, Decider: f.access, Authenticate: f.guard(costserver.Name), Logger: f.logger, Audit: f.audit,
		Files: f.files, Bills: f.settings.Cost.Files, Rules: rules, Refresh: f.settings.Cost.Refresh,
	})
}

// costRules turns the settings' words for how a tag names an entity into rules.
func costRules(tags []config.TagRule) (cost.Rules, error) {
	var rules cost.Rules
	for _, tag := range tags {
		rule := cost.Rule{Tag: tag.Tag, Kind: tag.Kind}
		in, key, hasKey := strings.Cut(tag.Entity, ":")
		switch {
		case tag.Entity == "ref" || tag.Entity == "name":
		case hasKey && (in == string(cost.Label) || in == string(cost.Annotation)):
			rule.Property = cost.Property{In: cost.PropertySet(in), Key: key}
		default:
			return nil, fmt.Errorf("setting cost.tags: entity must be ref, name, label:KEY or annotation:KEY")
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

func newKubernetes(f *foundation) (subgraph, error) {
	clusters := make([]kubernetesserver.Cluster, len(f.settings.Kubernetes.Clusters))
	for i, cluster := range f.settings.Kubernetes.Clusters {
		clusters[i] = kubernetesserver.Cluster{Name: cluster.Name, Folder: cluster.Folder}
	}
	return kubernetesserver.New(kubernetesserver.Deps{
		Pool: f.pool, Log: f.log, Decider: f.access, Authenticate: f.guard(kubernetesserver.Name), Logger: f.logger, Audit: f.audit,
		Clusters: clusters, Refresh: f.settings.Kubernetes.Refresh,
	})
}

func newDocs(f *foundation) (subgraph, error) {
	return docsserver.New(docsserver.Deps{
		Pool: f.pool, Log: f.log, Decider: f.access, Authenticate: f.guard(docsserver.Name), Logger: f.logger, Audit: f.audit,
		Files: f.files, URLs: f.urls, Bucket: f.bucket, Jobs: f.inserter, Refresh: f.settings.Docs.Refresh,
	})
}

func newScaffolder(f *foundation) (subgraph, error) {
	settings := f.settings.Scaffolder
	return scaffolderserver.New(scaffolderserver.Deps{
		Pool: f.pool, Log: f.log, Decider: f.access, Authenticate: f.guard(scaffolderserver.Name), Serve: graphserver.Options{Audit: f.audit}, Logger: f.logger,
		Jobs: f.inserter, Files: f.files, URLs: f.urls, Graph: f.graph,
		Settings: scaffolderserver.Settings{
			GitRoots: settings.GitRoots, Concurrency: settings.Concurrency, TaskTimeout: settings.TaskTimeout,
			Workspaces: cmp.Or(settings.Workspaces, filepath.Join(f.settings.Data, "workspaces")),
			KeyFile:    cmp.Or(settings.KeyFile, filepath.Join(f.settings.Data, "keys", "task-secrets.key")),
		},
	})
}

// newJobs makes the runner that works the subgraphs' jobs, as a part; nil when there are none.
func (f *foundation) newJobs(all []subgraph) ([]lifecycle.Part, error) {
	var kinds []jobs.Kind
	for _, s := range all {
		kinds = append(kinds, s.Kinds()...)
	}
	if len(kinds) == 0 {
		return nil, nil
	}
	runner, err := jobs.New(f.pool, jobs.Options{Kinds: kinds, Logger: telemetry.AtLeast(f.logger, slog.LevelWarn)})
	if err != nil {
		return nil, err
	}
	return []lifecycle.Part{{Name: "jobs", Start: runner.Start, Stop: runner.Stop, StopTimeout: f.settings.GracePeriod}}, nil
}
