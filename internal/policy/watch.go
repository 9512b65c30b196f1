package policy

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"devportal.internal/internal/postgres"
)

// Refresh gives the authorizer the current version, if it has another.
func (s *Store) Refresh(ctx context.Context) error {
	var number int64
	if err := s.pool.QueryRow(ctx, currentSQL).Scan(&number); err != nil {
		return postgres.Fault("policy.Refresh", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number <= s.applied {
		return nil
	}
	v, err := at(ctx, s.pool, number)
	if err != nil {
		return postgres.Fault("policy.Refresh", err)
	}
	policies, err := v.Compile()
	if err != nil {
		return err // what was stored compiled once: a newer portal wrote it
	}
	s.target.Replace(policies)
	s.applied = number
	s.options.Logger.InfoContext(ctx, "the access policies are those of a new version", slog.Int64("version", number))
	s.changed()
	return nil
}

// Watch follows the changes that other processes make, until the context ends: by notifications, and by a look now and
// then, since a notification can be lost with its connection. What goes wrong is logged and tried again.
func (s *Store) Watch(ctx context.Context) error {
	for {
		if err := s.listen(ctx); err != nil && ctx.Err() == nil {
			s.options.Logger.WarnContext(ctx, "following the access policies was interrupted and starts again", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(s.options.Poll):
		}
	}
}

func (s *Store) listen(ctx context.Context) error {
	conn, err := postgres.Listen(ctx, s.pool, channel)
	if err != nil {
		return errors.Join(err, s.Refresh(ctx))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for {
		if err := s.Refresh(ctx); err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, s.options.Poll)
		_, err := conn.WaitForNotification(waiting)
		cancel()
		if err != nil && (!errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil) {
			return err
		}
	}
}
