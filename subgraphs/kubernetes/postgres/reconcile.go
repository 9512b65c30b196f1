package postgres

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/kubernetes"
)

// workloadIDs is the name space of workloads' ids: they follow from the workloads' keys, so that one that is removed and
// comes back keeps its id.
var workloadIDs = uuid.MustParse("6f0c9f1e-0d0b-4d59-8f0e-5f6f2f8e7a11") //nolint:gochecknoglobals // a constant of a type that has none

// IDOf is the id of the workload of this key.
func IDOf(key kubernetes.Key) string {
	return uuid.NewSHA1(workloadIDs, []byte(key.Cluster+"\x00"+key.Namespace+"\x00"+key.Kind+"\x00"+key.Name)).String()
}

const upsertRead = `
INSERT INTO kubernetes.clusters (name, error, last_read_at) VALUES ($1, '', now())
ON CONFLICT (name) DO UPDATE SET error = '', last_read_at = excluded.last_read_at`

// Replace implements [kubernetes.Store].
func (s *Store) Replace(ctx context.Context, cluster string, workloads []kubernetes.Workload) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, upsertRead, cluster); err != nil {
			return err
		}
		return reconcileCluster(ctx, tx, cluster, workloads)
	})
	return postgres.Fault("kubernetes.Replace", err)
}

// reconcileCluster makes the workloads those of the cluster.
//
//  1. What is stored is locked and read, and the entities that workloads may belong to.
//  2. Each workload that is new or different is written; what is stored and no longer there is deleted.
//  3. Each difference becomes an event, in the same transaction.
func reconcileCluster(ctx context.Context, tx pgx.Tx, cluster string, workloads []kubernetes.Workload) error {
	stored, err := lockStored(ctx, tx, `WHERE w.cluster = $1`, cluster)
	if err != nil {
		return err
	}
	entities, err := loadEntities(ctx, tx, workloads...)
	if err != nil {
		return err
	}
	changes := newChangeSet(entities, nil)
	matcher := entities.matcher()
	for _, workload := range workloads {
		id := IDOf(workload.Key)
		before, known := stored[id]
		delete(stored, id)
		now := kubernetes.Stored{Workload: workload, ID: id, EntityID: matcher.EntityOf(workload)}
		if known && before.EntityID == now.EntityID && reflect.DeepEqual(before.Workload, normalised(workload)) {
			continue
		}
		if now.UpdatedAt, err = writeWorkload(ctx, tx, now); err != nil {
			return err
		}
		if !known {
			changes.add(nil, &now)
			continue
		}
		changes.add(&before, &now)
	}
	for _, id := range sortedIDs(stored) {
		gone := stored[id]
		if _, err := tx.Exec(ctx, `DELETE FROM kubernetes.workloads WHERE id = $1`, gone.ID); err != nil {
			return err
		}
		changes.add(&gone, nil)
	}
	return changes.append(ctx, tx)
}

const writeWorkloadSQL = `
INSERT INTO kubernetes.workloads (id, cluster, namespace, kind, name, entity_id, health, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET entity_id = excluded.entity_id, health = excluded.health, detail = excluded.detail, updated_at = now()
RETURNING updated_at`

func writeWorkload(ctx context.Context, tx pgx.Tx, w kubernetes.Stored) (updatedAt time.Time, err error) {
	err = tx.QueryRow(ctx, writeWorkloadSQL, w.ID, w.Cluster, w.Namespace, w.Kind, w.Name, w.EntityID, w.Health, w.Workload).Scan(&updatedAt)
	return updatedAt, err
}

func lockStored(ctx context.Context, tx pgx.Tx, where string, args ...any) (map[string]kubernetes.Stored, error) {
	rows, err := tx.Query(ctx, selectStored+where+` ORDER BY w.id FOR UPDATE OF w`, args...)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]kubernetes.Stored, len(all))
	for _, workload := range all {
		byID[workload.ID] = workload
	}
	return byID, nil
}

// sortedIDs are the ids of workloads in an order that does not change, so that events come in it.
func sortedIDs(stored map[string]kubernetes.Stored) []string {
	return slices.Sorted(maps.Keys(stored))
}

// entitySet is what is known of entities, by id.
type entitySet map[string]entityindex.Entity

// A component without annotations is found by its name, which some workload must have as its label.
const selectEntities = `SELECT ` + entityindex.Columns + ` FROM kubernetes.entity_index
WHERE annotations ?| $1 OR (lower(kind) = 'component' AND name IN (
    SELECT detail -> 'labels' ->> $2 FROM kubernetes.workloads UNION SELECT detail -> 'podLabels' ->> $2 FROM kubernetes.workloads
    UNION SELECT unnest($3::text[])))`

// loadEntities reads those entities that workloads may belong to: the stored ones, and these.
func loadEntities(ctx context.Context, tx pgx.Tx, workloads ...kubernetes.Workload) (entitySet, error) {
	names := make([]string, 0, 2*len(workloads))
	for _, workload := range workloads {
		names = append(names, workload.Labels[kubernetes.LabelID], workload.PodLabels[kubernetes.LabelID])
	}
	annotations := []string{kubernetes.AnnotationSelector, kubernetes.AnnotationID}
	rows, err := tx.Query(ctx, selectEntities, annotations, kubernetes.LabelID, names)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, entityindex.ScanEntity)
	if err != nil {
		return nil, err
	}
	entities := make(entitySet, len(all))
	for _, entity := range all {
		entities[entity.ID] = entity
	}
	return entities, nil
}

func (s entitySet) matcher() *kubernetes.Matcher {
	entities := make([]kubernetes.Candidate, 0, len(s))
	for _, e := range s {
		entities = append(entities, kubernetes.Candidate{ID: e.ID, Ref: e.Ref, Kind: e.Kind, Name: e.Name, Annotations: e.Annotations})
	}
	return kubernetes.NewMatcher(entities)
}

// changeSet collects changes for the event log. before holds entities as they were, where that differs from now.
type changeSet struct {
	now, before entitySet
	events      []events.Event
	err         error
}

func newChangeSet(now, before entitySet) *changeSet { return &changeSet{now: now, before: before} }

// add notes a change. A workload that belongs to no entity is seen by nobody: it makes no event.
func (c *changeSet) add(before, now *kubernetes.Stored) {
	change := kubernetes.Change{Before: c.view(before, c.before, c.now), Now: c.view(now, c.now)}
	if change.Before == nil && change.Now == nil || c.err != nil {
		return
	}
	event, err := change.Event()
	c.events, c.err = append(c.events, event), err
}

func (c *changeSet) view(w *kubernetes.Stored, known ...entitySet) *kubernetes.View {
	if w == nil || w.EntityID == "" {
		return nil
	}
	for _, entities := range known {
		if entity, ok := entities[w.EntityID]; ok {
			entity.Spec = nil
			return &kubernetes.View{Workload: *w, Entity: entity}
		}
	}
	return nil
}

func (c *changeSet) append(ctx context.Context, tx pgx.Tx) error {
	if c.err != nil || len(c.events) == 0 {
		return c.err
	}
	_, err := events.Append(ctx, tx, c.events...)
	return err
}

// normalised is the workload as it comes back from the database: empty lists are absent.
func normalised(w kubernetes.Workload) kubernetes.Workload {
	for _, empty := range []*map[string]string{&w.Labels, &w.PodLabels} {
		if len(*empty) == 0 {
			*empty = nil
		}
	}
	if len(w.Problems) == 0 {
		w.Problems = nil
	}
	if len(w.Images) == 0 {
		w.Images = nil
	}
	if len(w.Pods) == 0 {
		w.Pods = nil
	}
	return w
}
