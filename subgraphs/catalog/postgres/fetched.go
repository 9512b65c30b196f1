package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
	"devportal.internal/internal/urlreader"
)

const (
	selectFetched = `SELECT etag, last_modified, body FROM catalog.fetched WHERE url = $1`
	upsertFetched = `
		INSERT INTO catalog.fetched (url, etag, last_modified, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT (url) DO UPDATE SET etag = $2, last_modified = $3, body = $4, fetched_at = now()`
	// deleteStale forgets what no location has asked for in a month.
	deleteStale = `DELETE FROM catalog.fetched WHERE fetched_at < now() - interval '30 days'`
)

// Fetched gives what a URL answered last; the zero condition when nothing is known.
func (s *Store) Fetched(ctx context.Context, url string) (condition urlreader.Condition, body []byte, err error) {
	err = s.pool.QueryRow(ctx, selectFetched, url).Scan(&condition.ETag, &condition.LastModified, &body)
	if errors.Is(err, pgx.ErrNoRows) {
		return urlreader.Condition{}, nil, nil
	}
	return condition, body, postgres.Fault("catalog.Fetched", err)
}

// SaveFetched keeps what a URL answered.
func (s *Store) SaveFetched(ctx context.Context, url string, condition urlreader.Condition, body []byte) error {
	batch := &pgx.Batch{}
	batch.Queue(upsertFetched, url, condition.ETag, condition.LastModified, orEmpty(body))
	batch.Queue(deleteStale)
	return postgres.Fault("catalog.SaveFetched", s.pool.SendBatch(ctx, batch).Close())
}
