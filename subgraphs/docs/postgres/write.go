package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/docs"
)

const (
	// lockEntity keeps the entity as it is until the site is written.
	lockEntity = `SELECT ` + entityindex.Columns + ` FROM docs.entity_index WHERE id = $1 FOR SHARE`
	upsertSite = `
INSERT INTO docs.sites (entity_id, folder, title, description, etag, nav, warnings, pages) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (entity_id) DO UPDATE SET folder = excluded.folder, title = excluded.title, description = excluded.description,
    etag = excluded.etag, nav = excluded.nav, warnings = excluded.warnings, pages = excluded.pages, built_at = now()
RETURNING xmax = 0`
	deletePages = `DELETE FROM docs.pages WHERE entity_id = $1`
	insertPage  = `
INSERT INTO docs.pages (entity_id, ordinal, path, title, html, headings, edit_url, text, words, search)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, setweight(to_tsvector('english', $4), 'A') || setweight(to_tsvector('english', $9), 'B')
    || setweight(to_tsvector('english', $8), 'C'))`
	upsertBuild = `
INSERT INTO docs.builds (entity_id, error) VALUES ($1, $2)
ON CONFLICT (entity_id) DO UPDATE SET error = excluded.error, ended_at = now()`
)

// Save stores what was built for an entity, with its event. It reports false, and stores nothing, when the entity leads to
// another source by now, or to none.
func (s *Store) Save(ctx context.Context, entityID string, source docs.Source, built docs.Built) (saved bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		entity, ok, err := current(ctx, tx, entityID, source)
		if err != nil || !ok {
			return err
		}
		saved = true
		if same, err := isStored(ctx, tx, entity, built.ETag); err != nil || same {
			return err
		}
		return writeSite(ctx, tx, entity, built)
	})
	return saved && err == nil, postgres.Fault("docs.Save", err)
}

// current gives the entity, when its annotations lead to the source.
func current(ctx context.Context, tx pgx.Tx, id string, source docs.Source) (entityindex.Entity, bool, error) {
	rows, err := tx.Query(ctx, lockEntity, id)
	if err != nil {
		return entityindex.Entity{}, false, err
	}
	entity, err := pgx.CollectExactlyOneRow(rows, entityindex.ScanEntity)
	if errors.Is(err, pgx.ErrNoRows) {
		return entity, false, nil
	}
	if err != nil {
		return entity, false, err
	}
	now, err := docs.SourceOf(entity)
	return entity, err == nil && now == source && docs.HasSite(entity), nil
}

// isStored reports whether the site is stored as it was built: another build of it may have been faster. Until the
// transaction ends, no other writes the site.
func isStored(ctx context.Context, tx pgx.Tx, entity entityindex.Entity, etag string) (same bool, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('docs.sites ' || $1, 0))`, entity.ID); err != nil {
		return false, err
	}
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM docs.sites WHERE entity_id = $1 AND folder = $2 AND etag = $3)`,
		entity.ID, docs.FolderOf(entity), etag).Scan(&same)
	return same, err
}

func writeSite(ctx context.Context, tx pgx.Tx, entity entityindex.Entity, built docs.Built) error {
	var isNew bool
	err := tx.QueryRow(ctx, upsertSite, entity.ID, docs.FolderOf(entity), built.Title, built.Description, built.ETag,
		orEmpty(built.Nav), orEmpty(built.Warnings), len(built.Pages)).Scan(&isNew)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(deletePages, entity.ID)
	for i, page := range built.Pages {
		batch.Queue(insertPage, entity.ID, i, page.Path, page.Title, page.HTML, orEmpty(page.Headings), page.EditURL, page.Text, wordsOf(page))
	}
	batch.Queue(upsertBuild, entity.ID, "")
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	change := docs.NewChange(nil, &entity)
	if !isNew {
		change.Before = change.Now
	}
	return tell(ctx, tx, change)
}

// orEmpty is a list that is [] in JSON when it has nothing.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// maxWords bounds what near misses are looked for in, in bytes.
const maxWords = 4 << 10

func wordsOf(page docs.Page) string {
	words := page.Title
	for _, heading := range page.Headings {
		if len(words)+len(heading.Text) > maxWords {
			break
		}
		words += " " + heading.Text
	}
	return strings.ToValidUTF8(words, "")
}

func tell(ctx context.Context, tx pgx.Tx, changes ...docs.Change) error {
	all := make([]events.Event, 0, len(changes))
	for _, change := range changes {
		event, err := change.Event()
		if err != nil {
			return err
		}
		all = append(all, event)
	}
	if len(all) == 0 {
		return nil
	}
	_, err := events.Append(ctx, tx, all...)
	return err
}

// Note stores how a build that changed nothing ended: what went wrong, in words for the site's authors, or nothing.
func (s *Store) Note(ctx context.Context, entityID, problem string) error {
	_, err := s.pool.Exec(ctx, `
INSERT INTO docs.builds (entity_id, error) SELECT id, $2 FROM docs.entity_index WHERE id = $1
ON CONFLICT (entity_id) DO UPDATE SET error = excluded.error, ended_at = now()`, entityID, problem)
	return postgres.Fault("docs.Note", err)
}

// Entity is an entity as the index has it by now; false when it has none.
func (s *Store) Entity(ctx context.Context, id string) (entityindex.Entity, bool, error) {
	found, err := s.index.ByID(ctx, s.pool, entityindex.Everything{}, []string{id})
	entity, ok := found[id]
	return entity, ok, err
}

// Outstanding reports whether there are entities that name a site which nobody tried to build.
func (s *Store) Outstanding(ctx context.Context) (outstanding bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM docs.entity_index e WHERE e.annotations ->> $1 <> ''
AND NOT EXISTS (SELECT FROM docs.builds b WHERE b.entity_id = e.id))`, docs.AnnotationRef).Scan(&outstanding)
	return outstanding, postgres.Fault("docs.Outstanding", err)
}

// WithSites gives up to limit entities that name a site, in the order of their ids after one.
func (s *Store) WithSites(ctx context.Context, after string, limit int) ([]entityindex.Entity, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+entityindex.Columns+` FROM docs.entity_index WHERE annotations ->> $1 <> '' AND id > $2 ORDER BY id LIMIT $3`,
		docs.AnnotationRef, after, limit)
	if err != nil {
		return nil, postgres.Fault("docs.WithSites", err)
	}
	all, err := pgx.CollectRows(rows, entityindex.ScanEntity)
	return all, postgres.Fault("docs.WithSites", err)
}

// Forget removes the sites whose entities are gone or name none, and gives their folders.
func (s *Store) Forget(ctx context.Context) ([]string, error) {
	rows, err := s.pool.Query(ctx, `
WITH gone AS (DELETE FROM docs.sites s WHERE NOT EXISTS
    (SELECT FROM docs.entity_index e WHERE e.id = s.entity_id AND e.annotations ->> $1 <> '') RETURNING folder, entity_id),
noted AS (DELETE FROM docs.builds b WHERE NOT EXISTS
    (SELECT FROM docs.entity_index e WHERE e.id = b.entity_id AND e.annotations ->> $1 <> ''))
SELECT folder FROM gone ORDER BY folder`, docs.AnnotationRef)
	if err != nil {
		return nil, postgres.Fault("docs.Forget", err)
	}
	folders, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return folders, postgres.Fault("docs.Forget", err)
}

// FolderInUse reports whether a site has this folder of assets.
func (s *Store) FolderInUse(ctx context.Context, folder string) (bool, error) {
	return s.FolderVisible(ctx, folder, entityindex.Everything{})
}
