package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
)

// Entities are those of the entities that may be seen, by id.
func (s *Store) Entities(ctx context.Context, ids []string, access entityindex.Predicate) (map[string]entityindex.Entity, error) {
	return s.index.ByID(ctx, s.pool, access, ids)
}

// EntitiesByRef are those of the entities that may be seen, by reference.
func (s *Store) EntitiesByRef(ctx context.Context, refs []string, access entityindex.Predicate) (map[string]entityindex.Entity, error) {
	return s.index.ByRef(ctx, s.pool, access, refs)
}

// Hidden gives those of the refs that name entities for which the access does not hold.
func (s *Store) Hidden(ctx context.Context, refs []string, access entityindex.Predicate) (map[string]bool, error) {
	args := entityindex.NewArgs(refs)
	rows, err := s.pool.Query(ctx, `SELECT e.ref FROM scaffolder.entity_index e WHERE e.ref = ANY ($1) AND (`+access.SQL("e", args)+`) IS NOT TRUE`, args.Values()...)
	if err != nil {
		return nil, postgres.Fault("scaffolder.Hidden", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	hidden := make(map[string]bool, len(found))
	for _, ref := range found {
		hidden[ref] = true
	}
	return hidden, postgres.Fault("scaffolder.Hidden", err)
}

const isTemplate = `lower(e.kind) = 'template'`

// Templates gives a part of the entities of kind Template that may be seen, in the order of their references.
func (s *Store) Templates(ctx context.Context, part entityindex.Keyset, access entityindex.Predicate) ([]entityindex.Entity, error) {
	args := entityindex.NewArgs()
	statement := `SELECT ` + entityindex.Columns + ` FROM scaffolder.entity_index e WHERE ` + isTemplate + ` AND (` +
		access.SQL("e", args) + `)` + part.SQL(args, "e.ref")
	rows, err := s.pool.Query(ctx, statement, args.Values()...)
	if err != nil {
		return nil, postgres.Fault("scaffolder.Templates", err)
	}
	found, err := pgx.CollectRows(rows, entityindex.ScanEntity)
	return found, postgres.Fault("scaffolder.Templates", err)
}

// CountTemplates is how many entities Templates has in all.
func (s *Store) CountTemplates(ctx context.Context, access entityindex.Predicate) (int, error) {
	args := entityindex.NewArgs()
	var count int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM scaffolder.entity_index e WHERE `+isTemplate+` AND (`+access.SQL("e", args)+`)`,
		args.Values()...).Scan(&count)
	return count, postgres.Fault("scaffolder.CountTemplates", err)
}
