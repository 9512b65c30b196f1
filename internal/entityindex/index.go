package entityindex

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
)

// Index is the index of entities in one schema. It is an [events.Projection] of [Topic].
type Index struct {
	schema string
}

// New gives the index of a schema in which [DDL] was applied. It panics on a schema name that is not a plain
// lower-case identifier.
func New(schema string) *Index { return &Index{schema: mustSchema(schema)} }

// Table is the qualified name of the index, to be joined: "docs.entity_index".
func (x *Index) Table() string { return x.schema + ".entity_index" }

// The statements of an application. Rows that are gone go first, and so do rows that hold a ref which an entity of
// another id now has: a ref is free again once its entity was removed or renamed.
const (
	deleteSQL = `
		DELETE FROM %s AS i WHERE i.id = ANY ($1::text[])
		   OR EXISTS (SELECT FROM jsonb_to_recordset($2::jsonb) AS n (id text, ref text) WHERE n.ref = i.ref AND n.id <> i.id)`
	upsertSQL = `
		INSERT INTO %s (id, ref, kind, namespace, name, title, owners, type, lifecycle, system, tags, labels, annotations, spec)
		SELECT id, ref, kind, namespace, name, coalesce(title, ''), coalesce(owners, '{}'), coalesce(type, ''),
		       coalesce(lifecycle, ''), coalesce(system, ''), coalesce(tags, '{}'), coalesce(labels, '{}'),
		       coalesce(annotations, '{}'), coalesce(spec, '{}')
		FROM jsonb_to_recordset($1::jsonb) AS n (
			id text, ref text, kind text, namespace text, name text, title text, owners text[], type text,
			lifecycle text, system text, tags text[], labels jsonb, annotations jsonb, spec jsonb)
		ON CONFLICT (id) DO UPDATE SET
			ref = excluded.ref, kind = excluded.kind, namespace = excluded.namespace, name = excluded.name,
			title = excluded.title, owners = excluded.owners, type = excluded.type, lifecycle = excluded.lifecycle,
			system = excluded.system, tags = excluded.tags, labels = excluded.labels,
			annotations = excluded.annotations, spec = excluded.spec`
	emptySQL = `DELETE FROM %s`
)

// Apply brings the index up to date with the next events, in two statements whatever their number.
func (x *Index) Apply(ctx context.Context, tx pgx.Tx, all []events.Event) error {
	const op = "entityindex.Apply"
	latest, err := latestChanges(all)
	if err != nil {
		return err
	}
	var gone []string
	present := []Entity{}
	for _, c := range latest {
		if c.Entity == nil {
			gone = append(gone, c.ID())
		} else {
			present = append(present, *c.Entity)
		}
	}
	rows, err := json.Marshal(present)
	if err != nil {
		return fmt.Errorf("write the entities as JSON: %w", err)
	}
	if _, err := tx.Exec(ctx, fmt.Sprintf(deleteSQL, x.Table()), gone, string(rows)); err != nil {
		return postgres.Fault(op, err)
	}
	if len(present) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(upsertSQL, x.Table()), string(rows))
	return postgres.Fault(op, err)
}

// Reset empties the index.
func (x *Index) Reset(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, fmt.Sprintf(emptySQL, x.Table()))
	return postgres.Fault("entityindex.Reset", err)
}

// latestChanges gives the last change of each entity, in the order of those changes. Of two entities that had one ref
// in turn, the later one keeps it.
func latestChanges(all []events.Event) ([]Change, error) {
	byID := make(map[string]Change, len(all))
	holder := make(map[string]string, len(all))
	order := make([]string, 0, len(all))
	for _, e := range all {
		c, err := ParseChange(e)
		if err != nil {
			return nil, err
		}
		byID[c.ID()] = c
		order = append(order, c.ID())
		if c.Entity != nil {
			holder[c.Entity.Ref] = c.ID()
		}
	}
	changes := make([]Change, 0, len(byID))
	for i := len(order) - 1; i >= 0; i-- {
		c, ok := byID[order[i]]
		if ok && (c.Entity == nil || holder[c.Entity.Ref] == c.ID()) {
			changes = append(changes, c)
		}
		delete(byID, order[i])
	}
	return changes, nil
}

// Querier is a pool, a connection or a transaction.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// ByID gives those of the entities with these ids that the predicate lets through, by id, in one statement.
func (x *Index) ByID(ctx context.Context, db Querier, visible Predicate, ids []string) (map[string]Entity, error) {
	return x.lookUp(ctx, db, visible, "id", ids, func(e Entity) string { return e.ID })
}

// ByRef gives those of the entities with these refs that the predicate lets through, by lower-case ref, in one
// statement.
func (x *Index) ByRef(ctx context.Context, db Querier, visible Predicate, refs []string) (map[string]Entity, error) {
	lower := make([]string, len(refs))
	for i, ref := range refs {
		lower[i] = strings.ToLower(ref)
	}
	return x.lookUp(ctx, db, visible, "ref", lower, func(e Entity) string { return e.Ref })
}

// All gives the entities that the predicate lets through and that come after a ref, in the order of refs: for
// background work that goes through all of them page by page.
func (x *Index) All(ctx context.Context, db Querier, visible Predicate, afterRef string, limit int) ([]Entity, error) {
	args := NewArgs(afterRef, limit)
	sql := "SELECT " + Columns + " FROM " + x.Table() + " AS e WHERE e.ref > $1 AND " + visible.SQL("e", args) +
		" ORDER BY e.ref LIMIT $2"
	entities, err := collect(ctx, db, sql, args)
	return entities, postgres.Fault("entityindex.All", err)
}

func (x *Index) lookUp(
	ctx context.Context, db Querier, visible Predicate, column string, keys []string, keyOf func(Entity) string,
) (map[string]Entity, error) {
	if len(keys) == 0 {
		return map[string]Entity{}, nil
	}
	args := NewArgs(keys)
	sql := "SELECT " + Columns + " FROM " + x.Table() + " AS e WHERE e." + column + " = ANY ($1::text[]) AND " +
		visible.SQL("e", args)
	entities, err := collect(ctx, db, sql, args)
	if err != nil {
		return nil, postgres.Fault("entityindex.lookUp", err)
	}
	found := make(map[string]Entity, len(entities))
	for _, e := range entities {
		found[keyOf(e)] = e
	}
	return found, nil
}

func collect(ctx context.Context, db Querier, sql string, args *Args) ([]Entity, error) {
	rows, err := db.Query(ctx, sql, args.Values()...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, ScanEntity)
}

// ScanEntity reads a row of [Columns].
func ScanEntity(row pgx.CollectableRow) (Entity, error) {
	var e Entity
	var spec []byte
	err := row.Scan(&e.ID, &e.Ref, &e.Kind, &e.Namespace, &e.Name, &e.Title, &e.Owners, &e.Type, &e.Lifecycle,
		&e.System, &e.Tags, &e.Labels, &e.Annotations, &spec)
	e.Spec = spec
	return e, err
}
