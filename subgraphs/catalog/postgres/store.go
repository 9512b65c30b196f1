package postgres

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/catalog"
)

// Store keeps the catalog. It is safe for concurrent use.
type Store struct{ pool *pgxpool.Pool }

// NewStore makes a store over a database in which [Migrations] were applied.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

// columns of an entity e, in the order in which scanEntity reads them.
const columns = `e.id, e.ref, e.kind, e.namespace, e.name, e.title, e.owners, e.type, e.lifecycle, e.system, e.tags,
	e.labels, e.annotations, e.spec, e.api_version, e.description, e.links, e.location_id, e.source, e.status, e.orphan,
	e.updated_at, e.hash`

// accessMark stands in a statement where the access predicate over e goes.
const accessMark = "/*access*/"

// under puts the access predicate into a statement. No predicate admits nothing.
func under(access catalog.Access, statement string, args *entityindex.Args) string {
	condition := "FALSE"
	if access != nil {
		condition = access.SQL("e", args)
	}
	return strings.ReplaceAll(statement, accessMark, condition)
}

// entityRow is where an entity is read into; every part may be missing after an outer join.
type entityRow struct {
	id, ref, kind, namespace, name, title, typ, lifecycle, system *string
	owners, tags                                                  []string
	labels, annotations                                           map[string]string
	spec                                                          json.RawMessage
	apiVersion, description, locationID, source, hash             *string
	links                                                         []catalog.Link
	status                                                        []catalog.EntityStatusItem
	orphan                                                        *bool
	updatedAt                                                     pgtype.Timestamptz
}

// targets are the places to scan an entity's columns into.
func (r *entityRow) targets() []any {
	return []any{
		&r.id, &r.ref, &r.kind, &r.namespace, &r.name, &r.title, &r.owners, &r.typ, &r.lifecycle, &r.system, &r.tags,
		&r.labels, &r.annotations, &r.spec, &r.apiVersion, &r.description, &r.links, &r.locationID, &r.source, &r.status,
		&r.orphan, &r.updatedAt, &r.hash,
	}
}

// entity gives the entity that was read; nil when there was none.
func (r *entityRow) entity() *catalog.Entity {
	if r.id == nil {
		return nil
	}
	return &catalog.Entity{
		Entity: entityindex.Entity{
			ID: *r.id, Ref: *r.ref, Kind: *r.kind, Namespace: *r.namespace, Name: *r.name, Title: *r.title, Owners: r.owners,
			Type: *r.typ, Lifecycle: *r.lifecycle, System: *r.system, Tags: r.tags, Labels: r.labels,
			Annotations: r.annotations, Spec: r.spec,
		},
		APIVersion: *r.apiVersion, Description: *r.description, Links: r.links, LocationID: *r.locationID, Source: *r.source,
		Status: r.status, Orphan: *r.orphan, UpdatedAt: r.updatedAt.Time.UTC(), Hash: *r.hash,
	}
}

// query runs a statement and collects its rows; errors become faults of the operation.
func query[T any](
	ctx context.Context, s *Store, op, statement string, args []any, row func(pgx.CollectableRow) (T, error),
) ([]T, error) {
	rows, err := s.pool.Query(ctx, statement, args...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	out, err := pgx.CollectRows(rows, row)
	return out, postgres.Fault(op, err)
}

// entityOf reads a row that is an entity.
func entityOf(row pgx.CollectableRow) (*catalog.Entity, error) {
	var r entityRow
	err := row.Scan(r.targets()...)
	return r.entity(), err
}

// keyed makes a map of values.
func keyed[K comparable, V any](values []V, key func(V) K) map[K]V {
	out := make(map[K]V, len(values))
	for _, v := range values {
		out[key(v)] = v
	}
	return out
}
