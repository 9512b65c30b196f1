package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"

	"devportal.internal/internal/telemetry"
)

// Timeouts of one command; a Redis that is slower counts as down, and its users fall back as they document.
const (
	dialTimeout  = 2 * time.Second
	readTimeout  = 2 * time.Second
	writeTimeout = 2 * time.Second
	maxRetries   = 2
)

// Handle is an open Redis. Close it once everything that uses Client has ended.
type Handle struct {
	// Client serves any number of goroutines.
	Client *redis.Client
	// Embedded reports that the server is within this process.
	Embedded bool

	closeServer func()
}

// Open connects to the Redis at the URL (redis://, rediss:// or unix://), or starts one within the process when the URL
// is not set. It returns once a ping was answered. No error shows the URL, which may hold a password.
func Open(ctx context.Context, url telemetry.Secret) (*Handle, error) {
	handle, err := open(url)
	if err != nil {
		return nil, err
	}
	if err := instrument(handle.Client); err != nil {
		return nil, errors.Join(err, handle.Close())
	}
	if err := handle.Check(ctx); err != nil {
		return nil, errors.Join(err, handle.Close())
	}
	return handle, nil
}

// Check asks for an answer: the readiness check of this dependency.
func (h *Handle) Check(ctx context.Context) error {
	if err := h.Client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("reach Redis: %w", err)
	}
	return nil
}

// Close ends the client, and the server when it is within the process.
func (h *Handle) Close() error {
	err := h.Client.Close()
	h.closeServer()
	return err
}

func open(url telemetry.Secret) (*Handle, error) {
	if !url.IsSet() {
		return openEmbedded()
	}
	options, err := redis.ParseURL(url.Reveal())
	if err != nil {
		return nil, errors.New("read the Redis URL: it must be redis://, rediss:// or unix://")
	}
	return &Handle{Client: redis.NewClient(bounded(options)), closeServer: func() {}}, nil
}

func bounded(options *redis.Options) *redis.Options {
	options.DialTimeout = dialTimeout
	options.ReadTimeout = readTimeout
	options.WriteTimeout = writeTimeout
	options.MaxRetries = maxRetries
	options.ContextTimeoutEnabled = true
	return options
}

// openEmbedded starts miniredis on a loopback port that only who knows a random password can use.
func openEmbedded() (*Handle, error) {
	server := miniredis.NewMiniRedis()
	password := rand.Text()
	server.RequireAuth(password)
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("start the embedded Redis: %w", err)
	}
	stopClock := driveClock(server)
	client := redis.NewClient(bounded(&redis.Options{Addr: server.Addr(), Password: password, DisableIdentity: true}))
	return &Handle{Client: client, Embedded: true, closeServer: func() { stopClock(); server.Close() }}, nil
}

func instrument(client *redis.Client) error {
	if err := redisotel.InstrumentTracing(client, redisotel.WithDBStatement(false)); err != nil {
		return fmt.Errorf("trace Redis: %w", err)
	}
	if err := redisotel.InstrumentMetrics(client); err != nil {
		return fmt.Errorf("measure Redis: %w", err)
	}
	return nil
}
