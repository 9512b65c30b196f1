package revocation

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/maypok86/otter/v2"

	"devportal.internal/internal/postgres"
)

const (
	channel = "portal_revoked"

	revokeSQL = `
		WITH revoked AS (INSERT INTO signin.revocations (credential) SELECT unnest($2::text[]) RETURNING credential)
		SELECT pg_notify($1, credential) FROM revoked`
	// missedSQL goes back a minute more: a transaction may commit after one that began later.
	missedSQL = `SELECT DISTINCT credential FROM signin.revocations WHERE revoked_at > coalesce($1, now()) - interval '1 minute'`
	forgetSQL = `DELETE FROM signin.revocations WHERE revoked_at < now() - interval '2 days'`

	// recently is longer than anybody keeps a verified credential.
	recently  = time.Minute
	maxRecent = 100_000

	// retryAfter is the longest pause before PostgreSQL is asked again.
	retryAfter = 2 * time.Second
)

// Revocations tells the replicas which credentials have ended. It is safe for concurrent use.
type Revocations struct {
	pool   *pgxpool.Pool
	logger *slog.Logger

	// recent are credentials that were revoked just now: whoever verified one before it was may still come with it.
	recent *otter.Cache[string, struct{}]

	// onRevoked is told what Run hears.
	onRevoked func(ctx context.Context, credential string)

	// heard is when Run began to listen last, by PostgreSQL's clock.
	heard *time.Time

	// watched holds, by credential, what is watched under which context: once each.
	mu      sync.Mutex
	watched map[string]map[context.Context]watch
}

type watch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	cause  error
}

// New makes one for a process; Run must run for it to hear of others.
func New(pool *pgxpool.Pool, logger *slog.Logger) *Revocations {
	return &Revocations{
		pool: pool, logger: logger, watched: map[string]map[context.Context]watch{},
		recent: otter.Must(&otter.Options[string, struct{}]{
			MaximumSize: maxRecent, ExpiryCalculator: otter.ExpiryWriting[string, struct{}](recently),
		}),
	}
}

// Watch returns a context that ends, with the cause, when the credential is revoked. Watching again under the same ctx
// gives the same one, so that a socket may renew its credential as often as it likes. What is held is given back when ctx
// ends.
func (r *Revocations) Watch(ctx context.Context, credential string, cause error) context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.watched[credential][ctx]; ok {
		return known.ctx
	}
	watching, cancel := context.WithCancelCause(ctx)
	if r.watched[credential] == nil {
		r.watched[credential] = map[context.Context]watch{}
	}
	r.watched[credential][ctx] = watch{watching, cancel, cause}
	context.AfterFunc(watching, func() { r.forget(credential, ctx) })
	if r.Revoked(credential) {
		cancel(cause)
	}
	return watching
}

func (r *Revocations) forget(credential string, under context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.watched[credential], under)
	if len(r.watched[credential]) == 0 {
		delete(r.watched, credential)
	}
}

// Revoke ends what runs for credentials, here at once and soon in every other replica: one that does not listen now hears of
// it once it does.
func (r *Revocations) Revoke(ctx context.Context, credentials ...string) {
	for _, credential := range credentials {
		r.end(credential)
	}
	if _, err := r.pool.Exec(ctx, revokeSQL, channel, credentials); err != nil {
		r.logger.WarnContext(ctx, "other replicas have not heard of a revoked credential", "error", err.Error())
	}
}

// Revoked reports whether a credential was revoked within the last minute, as far as this replica has heard. Who keeps
// verified credentials for less than that asks, so that none is good after it was revoked.
func (r *Revocations) Revoked(credential string) bool {
	_, revoked := r.recent.GetIfPresent(credential)
	return revoked
}

func (r *Revocations) end(credential string) {
	r.recent.Set(credential, struct{}{})
	r.mu.Lock()
	ending := slices.Collect(maps.Values(r.watched[credential]))
	r.mu.Unlock()
	for _, w := range ending {
		w.cancel(w.cause)
	}
}

// OnRevoked has a function told of every credential that Run hears of. It holds up the ones behind it, and is set before
// Run.
func (r *Revocations) OnRevoked(told func(ctx context.Context, credential string)) {
	r.onRevoked = told
}

// Run hears of what other replicas revoke, until ctx ends.
func (r *Revocations) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.listen(ctx); err != nil && ctx.Err() == nil {
			r.logger.WarnContext(ctx, "hearing of revoked credentials was interrupted and starts again", "error", err)
		}
		pause(ctx)
	}
	return nil
}

// listen ends what is notified, after what was revoked since it listened last.
func (r *Revocations) listen(ctx context.Context) error {
	const op = "revocation.Run"
	conn, err := postgres.Listen(ctx, r.pool, channel)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, forgetSQL); err != nil {
		return postgres.Fault(op, err)
	}
	rows, err := conn.Query(ctx, missedSQL, r.heard)
	if err != nil {
		return postgres.Fault(op, err)
	}
	missed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return postgres.Fault(op, err)
	}
	if err := conn.QueryRow(ctx, `SELECT now()`).Scan(&r.heard); err != nil {
		return postgres.Fault(op, err)
	}
	for _, credential := range missed {
		r.hear(ctx, credential)
	}
	for {
		notification, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		r.hear(ctx, notification.Payload)
	}
}

// hear ends what runs for a credential that was revoked, here or elsewhere.
func (r *Revocations) hear(ctx context.Context, credential string) {
	r.end(credential)
	if r.onRevoked != nil {
		r.onRevoked(ctx, credential)
	}
}

// pause waits a random time, so that replicas do not come back together.
func pause(ctx context.Context) {
	select {
	case <-time.After(rand.N(retryAfter)):
	case <-ctx.Done():
	}
}
