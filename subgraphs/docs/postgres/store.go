package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/docs"
)

// Store keeps and reads sites. It is safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	index *entityindex.Index
}

// NewStore makes a store over a database in which [Migrations] were applied.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool, index: entityindex.New(Schema)} }

const selectSites = `
SELECT s.entity_id, s.title, s.description, s.folder, s.etag, s.nav,
       CASE WHEN coalesce(b.error, '') = '' THEN s.warnings ELSE jsonb_build_array(b.error) || s.warnings END, s.pages, s.built_at
FROM docs.sites s JOIN docs.entity_index e ON e.id = s.entity_id LEFT JOIN docs.builds b ON b.entity_id = s.entity_id
WHERE s.entity_id = ANY($1) AND `

func scanSite(row pgx.CollectableRow) (docs.Site, error) {
	var s docs.Site
	err := row.Scan(&s.EntityID, &s.Title, &s.Description, &s.Folder, &s.ETag, &s.Nav, &s.Warnings, &s.Pages, &s.BuiltAt)
	return s, err
}

// Sites are those of the sites of entities that may be seen, by entity id.
func (s *Store) Sites(ctx context.Context, entityIDs []string, access entityindex.Predicate) (map[string]docs.Site, error) {
	const op = "docs.Sites"
	args := entityindex.NewArgs(entityIDs)
	rows, err := s.pool.Query(ctx, selectSites+`(`+access.SQL("e", args)+`)`, args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	all, err := pgx.CollectRows(rows, scanSite)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	byEntity := make(map[string]docs.Site, len(all))
	for _, site := range all {
		byEntity[site.EntityID] = site
	}
	return byEntity, nil
}

// FolderVisible reports whether there is a site with this folder of assets that may be seen.
func (s *Store) FolderVisible(ctx context.Context, folder string, access entityindex.Predicate) (bool, error) {
	args := entityindex.NewArgs(folder)
	statement := `SELECT EXISTS (SELECT FROM docs.sites s JOIN docs.entity_index e ON e.id = s.entity_id
WHERE s.folder = $1 AND (` + access.SQL("e", args) + `))`
	var visible bool
	err := s.pool.QueryRow(ctx, statement, args.Values()...).Scan(&visible)
	return visible, postgres.Fault("docs.FolderVisible", err)
}
