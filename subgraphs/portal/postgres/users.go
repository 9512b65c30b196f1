package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/postgres"
)

// usersMigration makes it cheap to find a user by an annotation or an e-mail address.
const usersMigration = `-- +goose Up
CREATE INDEX entity_index_user_annotations ON portal.entity_index USING gin (annotations jsonb_path_ops) WHERE lower(kind) = 'user';
CREATE INDEX entity_index_user_email ON portal.entity_index (lower(spec -> 'profile' ->> 'email')) WHERE lower(kind) = 'user';

-- +goose Down
DROP INDEX portal.entity_index_user_email;
DROP INDEX portal.entity_index_user_annotations;
`

// Two are enough to know that it is not one.
const (
	usersByAnnotationSQL = `
		SELECT ref FROM portal.entity_index
		WHERE lower(kind) = 'user' AND annotations @> jsonb_build_object($1::text, $2::text) ORDER BY ref LIMIT 2`
	usersByEmailSQL = `
		SELECT ref FROM portal.entity_index
		WHERE lower(kind) = 'user' AND lower(spec -> 'profile' ->> 'email') = lower($1) ORDER BY ref LIMIT 2`
	usersByNameSQL = `SELECT ref FROM portal.entity_index WHERE ref = 'user:default/' || lower($1)`
	existsSQL      = `SELECT EXISTS (SELECT FROM portal.entity_index WHERE ref = $1)`
)

// UsersByAnnotation gives the refs of the users with an annotation of this value, two at the most.
func (e *Entities) UsersByAnnotation(ctx context.Context, key, value string) ([]string, error) {
	return e.refs(ctx, "portal.UsersByAnnotation", usersByAnnotationSQL, key, value)
}

// UsersByEmail gives the refs of the users with an e-mail address, two at the most.
func (e *Entities) UsersByEmail(ctx context.Context, email string) ([]string, error) {
	return e.refs(ctx, "portal.UsersByEmail", usersByEmailSQL, email)
}

// UsersByName gives the ref of the user of a name in the default namespace.
func (e *Entities) UsersByName(ctx context.Context, name string) ([]string, error) {
	return e.refs(ctx, "portal.UsersByName", usersByNameSQL, name)
}

// Exists reports whether the catalog has an entity of this ref.
func (e *Entities) Exists(ctx context.Context, ref string) (exists bool, err error) {
	err = e.pool.QueryRow(ctx, existsSQL, ref).Scan(&exists)
	return exists, postgres.Fault("portal.Exists", err)
}

func (e *Entities) refs(ctx context.Context, op, sql string, args ...any) ([]string, error) {
	rows, err := e.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return found, postgres.Fault(op, err)
}
