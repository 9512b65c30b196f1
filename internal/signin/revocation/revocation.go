package revocation

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	channel = "portal:revoked"
	// everything, in place of a credential, ends all that is watched.
	everything = "*"

	// retryAfter is the longest pause before Redis is asked again.
	retryAfter = 2 * time.Second
)

// Revocations tells the replicas which credentials have ended. It is safe for concurrent use.
type Revocations struct {
	redis  redis.UniversalClient
	logger *slog.Logger

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
func New(client redis.UniversalClient, logger *slog.Logger) *Revocations {
	return &Revocations{redis: client, logger: logger, watched: map[string]map[context.Context]watch{}}
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

// Revoke ends what runs for credentials, here at once and soon in every other replica. One that cannot hear of it now
// ends everything once it hears again.
func (r *Revocations) Revoke(ctx context.Context, credentials ...string) {
	for _, credential := range credentials {
		r.end(credential)
	}
	for _, credential := range credentials {
		if err := r.redis.Publish(ctx, channel, credential).Err(); err != nil {
			r.logger.WarnContext(ctx, "other replicas do not hear of a revoked credential yet", "credential", credential, "error", err.Error())
		}
	}
}

func (r *Revocations) end(credential string) {
	r.mu.Lock()
	var ending []watch
	if credential == everything {
		for _, watches := range r.watched {
			ending = slices.AppendSeq(ending, maps.Values(watches))
		}
	} else {
		ending = slices.Collect(maps.Values(r.watched[credential]))
	}
	r.mu.Unlock()
	for _, w := range ending {
		w.cancel(w.cause)
	}
}

// Run hears of what other replicas revoke, until ctx ends.
func (r *Revocations) Run(ctx context.Context) error {
	subscription := r.redis.Subscribe(ctx, channel)
	defer func() { _ = subscription.Close() }()
	deaf, said := true, false // whoever watches before the first subscription may have missed something, too
	for {
		received, err := subscription.Receive(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			if !said {
				r.logger.WarnContext(ctx, "revoked credentials of other replicas are not heard of", "error", err.Error())
			}
			deaf, said = true, true
			pause(ctx)
			continue
		}
		switch message := received.(type) {
		case *redis.Subscription:
			if said {
				r.logger.InfoContext(ctx, "revoked credentials are heard of again: live operations begin anew")
			}
			if deaf {
				r.end(everything)
			}
			deaf, said = false, false
		case *redis.Message:
			r.end(message.Payload)
		}
	}
}

// pause waits a random time, so that replicas do not come back to Redis together.
func pause(ctx context.Context) {
	select {
	case <-time.After(rand.N(retryAfter)):
	case <-ctx.Done():
	}
}
