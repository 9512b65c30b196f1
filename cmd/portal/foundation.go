package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	gocloud "gocloud.dev/blob"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/blob"
	"devportal.internal/internal/config"
	"devportal.internal/internal/events"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/jobs"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/policy"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/redis"
	"devportal.internal/internal/telemetry"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/scaffolder/graphclient"
)

// foundation is what every process of the portal stands on. It is opened before anything else, and closed after
// everything else, in the reverse order.
type foundation struct {
	settings  *config.Settings
	mode      mode
	logger    *slog.Logger
	proxies   []netip.Prefix // whose word on where a request came from is taken
	telemetry *telemetry.Telemetry
	health    *lifecycle.Health

	server   *postgres.Server // nil when the settings name a database
	pool     *pgxpool.Pool
	redis    *redis.Handle
	bucket   *gocloud.Bucket
	log      *events.Log
	audit    *audit.Log
	inserter *jobs.Runner // of jobs; it works none

	access   *authz.Authorizer
	written  authz.Document // the policies of the settings, for a database that has none yet
	policies *policy.Store
	tokens   *auth.Tokens
	minter   *auth.Minter
	keys     *auth.KeyRing // of internal tokens
	signin   credentials
	graph    *graphclient.Client // asks the portal's own graph, for tasks
	files    *filereader.Files
	urls     *urlreader.Client

	closers []closer
}

// mode says what else works on the same database.
type mode int

const (
	alone  mode = iota // everything is in this process
	apart              // other processes serve the portal with this one
	beside             // this process is a command, which serves nobody
)

type closer struct {
	name  string
	close func(ctx context.Context) error
}

// closeTimeout is how long one part of the foundation may take to close.
const closeTimeout = 15 * time.Second

// openFoundation opens everything. After an error, what was opened is closed again.
func openFoundation(ctx context.Context, io stdio, settings *config.Settings, mode mode) (*foundation, error) {
	f := &foundation{
		settings: settings, mode: mode, health: &lifecycle.Health{},
		logger: telemetry.NewLogger(io.err, telemetry.LogOptions{Level: settings.Log.Level, Format: settings.Log.Format}),
	}
	for _, network := range settings.TrustedProxies {
		f.proxies = append(f.proxies, netip.MustParsePrefix(network)) // the settings were checked
	}
	steps := []struct {
		name string
		open func(ctx context.Context) error
	}{
		{"telemetry", f.openTelemetry},
		{"the data folder", f.openData},
		{"the access policies", f.openAccess},
		{"the folders that may be read", f.openReaders},
		{"PostgreSQL", f.openPostgres},
		{"Redis", f.openRedis},
		{"the blob bucket", f.openBlobs},
		{"the database schemas", f.migrate},
		{"the event log", f.openLog},
		{"the policies in the database", f.openPolicies},
		{"the credentials", f.openCredentials},
	}
	for _, step := range steps {
		slow := time.AfterFunc(slowStep, func() { f.logger.InfoContext(ctx, "opening "+step.name+"…") })
		err := step.open(ctx)
		slow.Stop()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", step.name, err), f.close(ctx))
		}
	}
	return f, nil
}

// slowStep is after how long a step that still goes on says so.
const slowStep = 300 * time.Millisecond

// onClose notes how to close what was just opened.
func (f *foundation) onClose(name string, close func(ctx context.Context) error) {
	f.closers = append(f.closers, closer{name, close})
}

// close closes everything in the reverse order.
func (f *foundation) close(ctx context.Context) error {
	var failures []error
	for _, c := range slices.Backward(f.closers) {
		closeCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		if err := c.close(closeCtx); err != nil {
			failures = append(failures, fmt.Errorf("close %s: %w", c.name, err))
		}
		cancel()
	}
	f.closers = nil
	return errors.Join(failures...)
}

func (f *foundation) openTelemetry(ctx context.Context) (err error) {
	f.telemetry, err = telemetry.Open(ctx, telemetry.Options{
		Service: "portal", Version: version, OTLPEndpoint: f.settings.OTLPEndpoint, Logger: f.logger,
	})
	if err == nil {
		f.onClose("telemetry", f.telemetry.Close)
	}
	return err
}

// openData makes the data folder this process's own, so that no second one writes to it.
func (f *foundation) openData(context.Context) error {
	if err := os.MkdirAll(f.settings.Data, 0o700); err != nil {
		return err
	}
	release, err := lifecycle.LockFolder(f.settings.Data)
	if err != nil {
		return err
	}
	f.onClose("the data folder", func(context.Context) error { return release() })
	return nil
}

func (f *foundation) openAccess(context.Context) error {
	var err error
	f.written, err = authz.ReadDocument(authz.Settings{
		Policies: nonEmpty(f.settings.Access.Policies), Conditions: nonEmpty(f.settings.Access.Conditions),
	})
	if err != nil {
		return err
	}
	// What counts is in the database: until it was read, nobody may do anything.
	nothing, err := authz.Document{}.Compile()
	if err != nil {
		return err
	}
	f.access = authz.New(nothing)
	if f.keys, err = openKeys(internalKeyFile(f.settings)); err != nil {
		return err
	}
	f.minter = auth.NewMinter(f.keys, 0)
	if f.tokens, err = openTokens(f.settings); err != nil {
		return err
	}
	f.graph = graphclient.New(f.tokens, f.settings.Scaffolder.GraphURL)
	f.onClose("the graph's client", func(context.Context) error { f.graph.Close(); return nil })
	return nil
}

func nonEmpty(path string) []string {
	if path == "" {
		return nil
	}
	return []string{path}
}

// openTokens opens client tokens with the key in the settings, or with one of its own in the data folder.
func openTokens(settings *config.Settings) (*auth.Tokens, error) {
	keys, err := openKeys(tokenKeyFile(settings))
	if err != nil {
		return nil, err
	}
	return auth.NewTokens(keys), nil
}

// openKeys reads a key file, and makes it, and its folder, when there is none.
func openKeys(path string) (*auth.KeyRing, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return auth.OpenKeyFile(path)
}

func tokenKeyFile(settings *config.Settings) string {
	if settings.Token.KeyFile != "" {
		return settings.Token.KeyFile
	}
	return filepath.Join(settings.Data, "keys", "client-tokens.pem")
}

func internalKeyFile(settings *config.Settings) string {
	if settings.Token.InternalKeyFile != "" {
		return settings.Token.InternalKeyFile
	}
	return filepath.Join(settings.Data, "keys", "internal-tokens.pem")
}

// openReaders opens the folders that may be read, and first makes those that tasks publish repositories to: what a task
// puts there can be registered at once.
func (f *foundation) openReaders(ctx context.Context) (err error) {
	for _, root := range f.settings.Scaffolder.GitRoots {
		if strings.Contains(root, "://") {
			continue
		}
		if err := os.MkdirAll(root, 0o750); err != nil {
			return err
		}
	}
	f.files, err = filereader.Open(filereader.Options{Roots: f.settings.FileRoots})
	if err != nil {
		return err
	}
	f.onClose("the folders", func(context.Context) error { return f.files.Close() })
	for _, missing := range f.files.Missing() {
		f.logger.WarnContext(ctx, "a folder that may be read is not there", slog.String("folder", missing))
	}
	f.urls = urlreader.New(urlreader.Options{
		Allow: f.settings.URLs.Allow, PrivateNetworks: f.settings.URLs.PrivateNetworks,
		MaxBytes: f.settings.URLs.MaxBytes, Timeout: f.settings.URLs.Timeout,
	})
	f.onClose("the URL reader", func(context.Context) error { f.urls.Close(); return nil })
	return nil
}

func (f *foundation) openPostgres(ctx context.Context) error {
	url := f.settings.DatabaseURL.Reveal()
	if url == "" {
		server, err := postgres.Start(ctx, postgres.ServerOptions{
			DataDir: filepath.Join(f.settings.Data, "postgres"), BinDir: f.settings.PGBin,
			Progress: func(line string) { f.logger.InfoContext(ctx, line) },
		})
		if err != nil {
			return err
		}
		f.onClose("PostgreSQL", server.Stop)
		f.server, url = server, server.URL()
	}
	pool, err := postgres.Open(ctx, postgres.Options{URL: url})
	if err != nil {
		return err
	}
	f.onClose("the database pool", func(context.Context) error { pool.Close(); return nil })
	f.pool = pool
	f.health.Require("postgresql", pool.Ping)
	return nil
}

func (f *foundation) openRedis(ctx context.Context) (err error) {
	if f.redis, err = redis.Open(ctx, f.settings.RedisURL); err != nil {
		return err
	}
	f.onClose("Redis", func(context.Context) error { return f.redis.Close() })
	if f.mode == apart && f.redis.Embedded {
		f.logger.WarnContext(ctx, "setting redis_url is empty: live events are read from PostgreSQL, with more load and delay")
	}
	// Without Redis, events come from PostgreSQL: later, but they come.
	f.health.Watch("redis", f.redis.Check)
	return nil
}

func (f *foundation) openBlobs(ctx context.Context) (err error) {
	f.bucket, err = blob.Open(ctx, blob.Options{URL: f.settings.BlobURL, Folder: filepath.Join(f.settings.Data, "blobs")})
	if err == nil {
		f.onClose("the blob bucket", func(context.Context) error { return f.bucket.Close() })
	}
	return err
}

func (f *foundation) migrate(ctx context.Context) error {
	return postgres.MigrateAll(ctx, f.pool, migrations()...)
}

func (f *foundation) openLog(context.Context) (err error) {
	retention := events.Retention{Age: f.settings.Events.Retention, Count: f.settings.Events.MinEvents}
	settings := events.Settings{Logger: f.logger, Retention: retention}
	// A Redis within this process carries nothing to the others: they, and this one, ask PostgreSQL then.
	if f.mode == alone || !f.redis.Embedded {
		settings.Redis = f.redis.Client
	}
	f.log = events.Open(f.pool, settings)
	f.onClose("the event log", func(context.Context) error { f.log.Close(); return nil })
	f.audit = audit.Open(f.pool, audit.Options{Logger: f.logger})
	f.inserter, err = jobs.New(f.pool, jobs.Options{Logger: f.logger})
	return err
}

// memoryParts chain the audit log, and follow the policies and revoked credentials: in every process.
func (f *foundation) memoryParts() []lifecycle.Part {
	return []lifecycle.Part{
		lifecycle.Loop("audit log", f.audit.Run), lifecycle.Loop("access policies", f.policies.Watch),
		lifecycle.Loop("revoked credentials", f.signin.revocations.Run),
	}
}

// openPolicies imports the policies that the settings name into a database that has none, and takes those that it has.
func (f *foundation) openPolicies(ctx context.Context) error {
	f.policies = policy.Open(f.pool, f.audit, f.access, policy.Options{Logger: f.logger})
	imported, err := f.policies.Import(ctx, f.written, "", "imported from the settings")
	if err != nil {
		return err
	}
	if !imported && f.settings.Access.Policies+f.settings.Access.Conditions != "" {
		f.logger.InfoContext(ctx, "access.policies and access.conditions are not read: the database has policies, which updatePolicy changes")
	}
	return f.policies.Refresh(ctx)
}

// parts are what the foundation runs in the background.
func (f *foundation) parts() []lifecycle.Part {
	parts := append([]lifecycle.Part{lifecycle.Loop("event log", f.log.Run)}, f.memoryParts()...)
	if f.signin.rotation != nil {
		parts = append(parts, lifecycle.Loop("signing keys", f.signin.rotation.Run))
	}
	if f.server != nil {
		parts = append(parts, lifecycle.Part{Name: "PostgreSQL", Failed: f.server.Failed})
	}
	return parts
}
