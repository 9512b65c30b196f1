package postgres

import (
	"context"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
)

// Schema is the database schema of the portal subgraph.
const Schema = "portal"

// Migrations make the schema.
func Migrations() postgres.Migrations {
	return postgres.Migrations{Schema: Schema, Files: fstest.MapFS{
		"00001_entity_index.sql":  {Data: []byte(entityindex.Migration(Schema))},
		"00002_users_by_what.sql": {Data: []byte(usersMigration)},
	}}
}

// Entities are the catalog's entities as the index knows them.
type Entities struct {
	pool  *pgxpool.Pool
	index *entityindex.Index
}

// NewEntities reads the index over a database in which [Migrations] were applied.
func NewEntities(pool *pgxpool.Pool) *Entities {
	return &Entities{pool: pool, index: entityindex.New(Schema)}
}

// Index is what keeps the index up to date.
func (e *Entities) Index() *entityindex.Index { return e.index }

// ByID gives the entities with the ids that may be seen.
func (e *Entities) ByID(
	ctx context.Context, visible entityindex.Predicate, ids []string,
) (map[string]entityindex.Entity, error) {
	return e.index.ByID(ctx, e.pool, visible, ids)
}

// ByRef gives the entities with the refs that may be seen.
func (e *Entities) ByRef(
	ctx context.Context, visible entityindex.Predicate, refs []string,
) (map[string]entityindex.Entity, error) {
	return e.index.ByRef(ctx, e.pool, visible, refs)
}

// GroupsOf gives the groups that a user belongs to.
func (e *Entities) GroupsOf(ctx context.Context, user string) ([]string, error) {
	return e.index.GroupsOf(ctx, e.pool, user)
}

// People gives all users with their groups.
func (e *Entities) People(ctx context.Context) ([]entityindex.Person, error) {
	return e.index.People(ctx, e.pool)
}
