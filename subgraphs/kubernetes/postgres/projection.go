package postgres

import (
	"context"
	"reflect"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/kubernetes"
)

// Projection keeps the index of entities, and with it which entity each workload belongs to. It implements
// [events.Projection].
type Projection struct{ index *entityindex.Index }

// NewProjection makes the projection of the schema.
func NewProjection() *Projection { return &Projection{entityindex.New(Schema)} }

// Apply implements [events.Projection].
func (p *Projection) Apply(ctx context.Context, tx pgx.Tx, all []events.Event) error {
	return p.rematched(ctx, tx, func() error { return p.index.Apply(ctx, tx, all) })
}

// Reset implements [events.Projection].
func (p *Projection) Reset(ctx context.Context, tx pgx.Tx) error {
	return p.rematched(ctx, tx, func() error { return p.index.Reset(ctx, tx) })
}

// rematched finds the entity of each workload again after a change of the index. Workloads that have another entity now,
// or whose entity changed in a way that may decide who sees it, make an event.
func (p *Projection) rematched(ctx context.Context, tx pgx.Tx, change func() error) error {
	const op = "kubernetes.Projection"
	stored, err := lockStored(ctx, tx, "")
	if err != nil {
		return postgres.Fault(op, err)
	}
	before, err := loadEntities(ctx, tx)
	if err != nil {
		return postgres.Fault(op, err)
	}
	if err := change(); err != nil {
		return err
	}
	now, err := loadEntities(ctx, tx)
	if err != nil {
		return postgres.Fault(op, err)
	}
	return postgres.Fault(op, rematch(ctx, tx, stored, before, now))
}

const setEntitySQL = `UPDATE kubernetes.workloads SET entity_id = $2 WHERE id = $1`

func rematch(ctx context.Context, tx pgx.Tx, stored map[string]kubernetes.Stored, before, now entitySet) error {
	changes, matcher := newChangeSet(now, before), now.matcher()
	for _, id := range sortedIDs(stored) {
		was := stored[id]
		is := was
		is.EntityID = matcher.EntityOf(was.Workload)
		if is.EntityID == was.EntityID && sameToReaders(before[was.EntityID], now[is.EntityID]) {
			continue
		}
		if is.EntityID != was.EntityID {
			if _, err := tx.Exec(ctx, setEntitySQL, id, is.EntityID); err != nil {
				return err
			}
		}
		changes.add(&was, &is)
	}
	return changes.append(ctx, tx)
}

// sameToReaders says whether two states of an entity are seen by the same readers: whether nothing differs that a
// condition can ask for.
func sameToReaders(a, b entityindex.Entity) bool {
	a.Title, b.Title = "", ""
	return reflect.DeepEqual(a, b)
}
