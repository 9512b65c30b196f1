package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/catalog"
)

const (
	// lockWrites serialises those who change entities: which location claimed a ref first must have one answer.
	lockWrites = `SELECT pg_advisory_xact_lock(hashtext('catalog.entities'))`

	selectKept = `
		SELECT e.id, e.ref, e.location_id, e.source, e.hash, e.orphan, e.status FROM catalog.entities e
		WHERE e.location_id = $1 OR e.ref = ANY($2)`
	selectForWrite = `SELECT ` + columns + ` FROM catalog.entities e WHERE e.id = ANY($1)`

	upsertEntity = `
		INSERT INTO catalog.entities AS e (id, ref, kind, namespace, name, title, owners, type, lifecycle, system, tags,
			labels, annotations, spec, api_version, description, links, metadata, labels_folded, operations, location_id,
			source, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
		ON CONFLICT (id) DO UPDATE SET ref = $2, kind = $3, namespace = $4, name = $5, title = $6, owners = $7, type = $8,
			lifecycle = $9, system = $10, tags = $11, labels = $12, annotations = $13, spec = $14, api_version = $15,
			description = $16, links = $17, metadata = $18, labels_folded = $19, operations = $20, location_id = $21,
			source = $22, hash = $23, status = '[]', orphan = FALSE, updated_at = now()`
	deleteRelations = `DELETE FROM catalog.relations WHERE origin_id = $1`
	insertRelations = `
		INSERT INTO catalog.relations (origin_id, source_ref, type, target_ref)
		SELECT $1, source_ref, type, target_ref
		FROM unnest($2::text[], $3::text[], $4::text[]) AS r (source_ref, type, target_ref) ON CONFLICT DO NOTHING`
	markEntity     = `UPDATE catalog.entities SET status = $2, orphan = $3, updated_at = now() WHERE id = $1`
	deleteEntities = `DELETE FROM catalog.entities WHERE id = ANY($1)`
	saveReading    = `
		UPDATE catalog.locations SET errors = $2, last_read_at = now(), read_began_at = $3
		WHERE id = $1 AND (read_began_at IS NULL OR read_began_at <= $3)`

	selectIDsOfLocation = `SELECT e.id FROM catalog.entities e WHERE e.location_id = $1`
	deleteLocation      = `DELETE FROM catalog.locations WHERE id = $1`
)

// Apply makes the stored entities follow a reading, and tells of each change, in one transaction. A location that was
// unregistered meanwhile leaves nothing to do, and neither does a reading that a later one has overtaken.
func (s *Store) Apply(ctx context.Context, reading catalog.Reading, orphanPolicy string) (events.Receipt, error) {
	return s.write(ctx, "catalog.Apply", func(w *writer) error {
		kept, err := w.kept(reading)
		if err != nil {
			return err
		}
		changes := catalog.Reconcile(reading, kept, orphanPolicy)
		errs := orEmpty(slices.Concat(reading.Errors, changes.Conflicts))
		tag, err := w.tx.Exec(ctx, saveReading, reading.Location.ID, errs, reading.BeganAt)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return w.apply(reading.Location.ID, changes)
	})
}

// RemoveLocation forgets a location and the entities that were read from it.
func (s *Store) RemoveLocation(ctx context.Context, id string) (events.Receipt, error) {
	return s.write(ctx, "catalog.RemoveLocation", func(w *writer) error {
		rows, err := w.tx.Query(ctx, selectIDsOfLocation, id)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if err := w.apply(id, catalog.Changes{Delete: ids}); err != nil {
			return err
		}
		_, err = w.tx.Exec(ctx, deleteLocation, id)
		return err
	})
}

// write runs a change of entities in a transaction of its own, with its events.
func (s *Store) write(ctx context.Context, op string, change func(*writer) error) (receipt events.Receipt, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockWrites); err != nil {
			return err
		}
		w := &writer{ctx: ctx, tx: tx}
		if err := change(w); err != nil {
			return err
		}
		receipt, err = events.Append(ctx, tx, w.events...)
		return err
	})
	return receipt, postgres.Fault(op, err)
}

// writer changes entities in one transaction, and collects what to tell of it.
type writer struct {
	// ctx is that of the transaction, which lives no longer.
	ctx    context.Context
	tx     pgx.Tx
	batch  pgx.Batch
	before map[string]*catalog.Entity
	events []events.Event
}

func (w *writer) kept(reading catalog.Reading) ([]catalog.Kept, error) {
	refs := make([]string, len(reading.Entities))
	for i, e := range reading.Entities {
		refs[i] = e.Entity.Ref
	}
	rows, err := w.tx.Query(w.ctx, selectKept, reading.Location.ID, refs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k catalog.Kept, err error) {
		return k, row.Scan(&k.ID, &k.Ref, &k.LocationID, &k.Source, &k.Hash, &k.Orphan, &k.Status)
	})
}

func (w *writer) apply(locationID string, changes catalog.Changes) error {
	if err := w.readBefore(changes); err != nil {
		return err
	}
	for _, id := range changes.Delete {
		if err := w.tell(nil, w.before[id]); err != nil {
			return err
		}
	}
	if len(changes.Delete) > 0 {
		w.batch.Queue(deleteEntities, changes.Delete)
	}
	for _, write := range changes.Write {
		if err := w.store(locationID, write); err != nil {
			return err
		}
	}
	for _, mark := range changes.Mark {
		if err := w.mark(mark); err != nil {
			return err
		}
	}
	return w.tx.SendBatch(w.ctx, &w.batch).Close()
}

// readBefore reads the entities as they were.
func (w *writer) readBefore(changes catalog.Changes) error {
	ids := append([]string{}, changes.Delete...)
	for _, write := range changes.Write {
		if write.ID != "" {
			ids = append(ids, write.ID)
		}
	}
	for _, mark := range changes.Mark {
		ids = append(ids, mark.ID)
	}
	rows, err := w.tx.Query(w.ctx, selectForWrite, ids)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, entityOf)
	w.before = keyed(found, func(e *catalog.Entity) string { return e.ID })
	return err
}

func (w *writer) store(locationID string, write catalog.Write) error {
	e := write.Entity
	before := w.before[write.ID]
	if e.ID = write.ID; e.ID == "" {
		id, err := newID()
		if err != nil {
			return err
		}
		e.ID = id
	}
	w.batch.Queue(upsertEntity, e.ID, e.Ref, e.Kind, e.Namespace, e.Name, e.Title, orEmpty(e.Owners), e.Type, e.Lifecycle, e.System,
		orEmpty(e.Tags), e.Labels, e.Annotations, e.Spec, e.APIVersion, e.Description, orEmpty(e.Links), e.Metadata,
		catalog.FoldLabels(e.Labels), orEmpty(write.Operations), locationID, write.Source, e.Hash)
	w.batch.Queue(deleteRelations, e.ID)
	if sources, types, targets := bothWays(write.Relations); len(sources) > 0 {
		w.batch.Queue(insertRelations, e.ID, sources, types, targets)
	}
	return w.tell(&e, before)
}

func (w *writer) mark(mark catalog.Kept) error {
	before := w.before[mark.ID]
	status := mark.Status
	if status == nil {
		status = []catalog.EntityStatusItem{}
	}
	w.batch.Queue(markEntity, mark.ID, status, mark.Orphan)
	return w.tell(before, before)
}

// tell collects the event of a change.
func (w *writer) tell(now, before *catalog.Entity) error {
	var change entityindex.Change
	if now != nil {
		change.Entity = &now.Entity
	}
	if before != nil {
		change.Previous = &before.Entity
	}
	event, err := entityindex.NewEvent(change)
	if err == nil {
		w.events = append(w.events, event)
	}
	return err
}

// bothWays gives the relations and their inverses, as columns.
func bothWays(relations []catalog.Relation) (sources, types, targets []string) {
	for _, relation := range relations {
		for _, r := range []catalog.Relation{relation, relation.Inverse()} {
			sources, types, targets = append(sources, r.Source), append(types, r.Type), append(targets, r.Target)
		}
	}
	return sources, types, targets
}
