package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/kubernetes"
)

// Store keeps and reads workloads. It is safe for concurrent use.
type Store struct{ pool *pgxpool.Pool }

// NewStore makes a store over a database in which [Migrations] were applied.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

const selectStored = `SELECT w.id, w.entity_id, w.updated_at, w.detail FROM kubernetes.workloads w `

func scanStored(row pgx.CollectableRow) (kubernetes.Stored, error) {
	var s kubernetes.Stored
	err := row.Scan(&s.ID, &s.EntityID, &s.UpdatedAt, &s.Workload)
	return s, err
}

// OfEntities are the workloads of those of the entities that may be seen, by entity id and in the order of their keys.
func (s *Store) OfEntities(ctx context.Context, ids []string, access entityindex.Predicate) (map[string][]kubernetes.Stored, error) {
	args := entityindex.NewArgs(ids)
	all, err := s.collect(ctx, selectStored+`JOIN kubernetes.entity_index e ON e.id = w.entity_id
WHERE w.entity_id = ANY($1) AND (`+access.SQL("e", args)+`) ORDER BY w.cluster, w.namespace, w.kind, w.name`, args)
	if err != nil {
		return nil, postgres.Fault("kubernetes.OfEntities", err)
	}
	byEntity := make(map[string][]kubernetes.Stored, len(ids))
	for _, workload := range all {
		byEntity[workload.EntityID] = append(byEntity[workload.EntityID], workload)
	}
	return byEntity, nil
}

// ByIDs are those of the workloads whose entities may be seen, by id.
func (s *Store) ByIDs(ctx context.Context, ids []string, access entityindex.Predicate) (map[string]kubernetes.Stored, error) {
	args := entityindex.NewArgs(ids)
	all, err := s.collect(ctx, selectStored+`JOIN kubernetes.entity_index e ON e.id = w.entity_id
WHERE w.id = ANY($1) AND (`+access.SQL("e", args)+`)`, args)
	if err != nil {
		return nil, postgres.Fault("kubernetes.ByIDs", err)
	}
	byID := make(map[string]kubernetes.Stored, len(all))
	for _, workload := range all {
		byID[workload.ID] = workload
	}
	return byID, nil
}

func (s *Store) collect(ctx context.Context, statement string, args *entityindex.Args) ([]kubernetes.Stored, error) {
	rows, err := s.pool.Query(ctx, statement, args.Values()...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStored)
}

// Filter says which workloads to list; empty lists admit all.
type Filter struct {
	Health   []kubernetes.HealthStatus
	Clusters []string
}

func (f Filter) sql(args *entityindex.Args) string {
	condition := ""
	if len(f.Health) > 0 {
		condition += ` AND w.health = ANY(` + args.Add(f.Health) + `)`
	}
	if len(f.Clusters) > 0 {
		condition += ` AND w.cluster = ANY(` + args.Add(f.Clusters) + `)`
	}
	return condition
}

// List gives a part of the workloads whose entities may be seen, in the order of their keys: cluster, namespace, kind
// and name.
func (s *Store) List(ctx context.Context, filter Filter, part entityindex.Keyset, access entityindex.Predicate) ([]kubernetes.Stored, error) {
	args := entityindex.NewArgs()
	statement := selectStored + `JOIN kubernetes.entity_index e ON e.id = w.entity_id WHERE (` + access.SQL("e", args) + `)` + filter.sql(args)
	found, err := s.collect(ctx, statement+part.SQL(args, "w.cluster", "w.namespace", "w.kind", "w.name"), args)
	return found, postgres.Fault("kubernetes.List", err)
}

// Count is how many workloads List has in all.
func (s *Store) Count(ctx context.Context, filter Filter, access entityindex.Predicate) (int, error) {
	args := entityindex.NewArgs()
	var count int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM kubernetes.workloads w JOIN kubernetes.entity_index e ON e.id = w.entity_id WHERE (`+
		access.SQL("e", args)+`)`+filter.sql(args), args.Values()...).Scan(&count)
	return count, postgres.Fault("kubernetes.Count", err)
}

// Clusters are all clusters, by name.
func (s *Store) Clusters(ctx context.Context) ([]kubernetes.ClusterStatus, error) {
	rows, err := s.pool.Query(ctx, `SELECT name, error, last_read_at FROM kubernetes.clusters ORDER BY name`)
	if err != nil {
		return nil, postgres.Fault("kubernetes.Clusters", err)
	}
	clusters, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kubernetes.ClusterStatus, error) {
		var status kubernetes.ClusterStatus
		err := row.Scan(&status.Name, &status.Error, &status.LastReadAt)
		return status, err
	})
	return clusters, postgres.Fault("kubernetes.Clusters", err)
}

const upsertUnreachable = `
INSERT INTO kubernetes.clusters (name, error, last_read_at) VALUES ($1, $2, now())
ON CONFLICT (name) DO UPDATE SET error = excluded.error, last_read_at = excluded.last_read_at`

// Unreachable implements [kubernetes.Store].
func (s *Store) Unreachable(ctx context.Context, cluster, why string) error {
	_, err := s.pool.Exec(ctx, upsertUnreachable, cluster, why)
	return postgres.Fault("kubernetes.Unreachable", err)
}

// Retain implements [kubernetes.Store].
func (s *Store) Retain(ctx context.Context, clusters []string) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT name FROM kubernetes.clusters WHERE name <> ALL($1) FOR UPDATE`, clusters)
		if err != nil {
			return err
		}
		gone, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, cluster := range gone {
			if err := reconcileCluster(ctx, tx, cluster, nil); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `DELETE FROM kubernetes.clusters WHERE name = ANY($1)`, gone)
		return err
	})
	return postgres.Fault("kubernetes.Retain", err)
}
