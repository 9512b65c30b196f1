package postgres

import (
	"context"
	"reflect"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/docs"
)

// Orders are what a change of entities asks to be done, in the transaction of the change.
type Orders interface {
	// Build orders a site to be built.
	Build(ctx context.Context, tx pgx.Tx, entity entityindex.Entity) error
	// Clear orders the assets in a folder to be deleted.
	Clear(ctx context.Context, tx pgx.Tx, folder string) error
}

// Projection keeps the index of entities, removes sites with their entities, and orders builds. It implements
// [events.Projection].
type Projection struct {
	index  *entityindex.Index
	orders Orders
}

// NewProjection makes the projection of the schema.
func NewProjection(orders Orders) *Projection {
	return &Projection{index: entityindex.New(Schema), orders: orders}
}

// Reset implements [events.Projection]. Sites stay: nobody sees one whose entity is not in the index.
func (p *Projection) Reset(ctx context.Context, tx pgx.Tx) error { return p.index.Reset(ctx, tx) }

// Apply implements [events.Projection].
//
//  1. The entities that change are read as they were, and the index is brought up to date.
//  2. Where there is no site any more, it is removed, with an event, and its assets are ordered to be deleted.
//  3. Where who sees a site changed, that is an event.
//  4. Where a site comes from another source, or has another name, it is ordered to be built.
func (p *Projection) Apply(ctx context.Context, tx pgx.Tx, all []events.Event) error {
	const op = "docs.Projection"
	ids := make([]string, len(all))
	for i, event := range all {
		ids[i] = event.Key
	}
	before, err := p.read(ctx, tx, ids)
	if err != nil {
		return err
	}
	folders, err := foldersOf(ctx, tx, ids)
	if err != nil {
		return postgres.Fault(op, err)
	}
	if err := p.index.Apply(ctx, tx, all); err != nil {
		return err
	}
	now, err := p.read(ctx, tx, ids)
	if err != nil {
		return err
	}
	done := map[string]bool{}
	for _, id := range ids {
		if done[id] {
			continue
		}
		done[id] = true
		if err := p.follow(ctx, tx, id, before[id], now[id], folders[id]); err != nil {
			return postgres.Fault(op, err)
		}
	}
	return nil
}

func (p *Projection) read(ctx context.Context, tx pgx.Tx, ids []string) (map[string]*entityindex.Entity, error) {
	found, err := p.index.ByID(ctx, tx, entityindex.Everything{}, ids)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*entityindex.Entity, len(found))
	for id, entity := range found {
		all[id] = &entity
	}
	return all, nil
}

func foldersOf(ctx context.Context, tx pgx.Tx, ids []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, `SELECT entity_id, folder FROM docs.sites WHERE entity_id = ANY($1)`, ids)
	if err != nil {
		return nil, err
	}
	folders := map[string]string{}
	var id, folder string
	_, err = pgx.ForEachRow(rows, []any{&id, &folder}, func() error {
		folders[id] = folder
		return nil
	})
	return folders, err
}

// follow does what one entity's change asks for; folder is that of its site, or empty.
func (p *Projection) follow(ctx context.Context, tx pgx.Tx, id string, before, now *entityindex.Entity, folder string) error {
	if now == nil || !docs.HasSite(*now) {
		return p.remove(ctx, tx, id, before, folder)
	}
	if folder != "" && before != nil && !sameToReaders(*before, *now) {
		if err := tell(ctx, tx, docs.NewChange(before, now)); err != nil {
			return err
		}
	}
	if folder != "" && folder != docs.FolderOf(*now) {
		if err := p.orders.Clear(ctx, tx, folder); err != nil {
			return err
		}
	}
	if before != nil && docs.HasSite(*before) && sameSource(*before, *now) {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM docs.builds WHERE entity_id = $1`, id); err != nil {
		return err
	}
	return p.orders.Build(ctx, tx, *now)
}

func (p *Projection) remove(ctx context.Context, tx pgx.Tx, id string, before *entityindex.Entity, folder string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM docs.builds WHERE entity_id = $1`, id); err != nil {
		return err
	}
	if folder == "" {
		return nil
	}
	if _, err := tx.Exec(ctx, `DELETE FROM docs.sites WHERE entity_id = $1`, id); err != nil {
		return err
	}
	if err := p.orders.Clear(ctx, tx, folder); err != nil || before == nil {
		return err
	}
	return tell(ctx, tx, docs.NewChange(before, nil))
}

// sameSource says whether a site is built from the same files, and of the same name.
func sameSource(a, b entityindex.Entity) bool {
	for _, name := range []string{docs.AnnotationRef, docs.AnnotationSourceLocation, docs.AnnotationManagedBy} {
		if a.Annotations[name] != b.Annotations[name] {
			return false
		}
	}
	return docs.FolderOf(a) == docs.FolderOf(b)
}

// sameToReaders says whether two states of an entity are seen by the same readers: whether nothing differs that a
// condition can ask for.
func sameToReaders(a, b entityindex.Entity) bool {
	a.Title, b.Title = "", ""
	return reflect.DeepEqual(a, b)
}
