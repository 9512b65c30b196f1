package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/catalog"
)

const (
	selectByID   = `SELECT ` + columns + ` FROM catalog.entities e WHERE e.id = ANY($1) AND ` + accessMark
	selectByRef  = `SELECT ` + columns + ` FROM catalog.entities e WHERE e.ref = ANY($1) AND ` + accessMark
	selectHidden = `SELECT e.ref FROM catalog.entities e WHERE e.ref = ANY($1) AND (` + accessMark + `) IS NOT TRUE`

	selectEntities = `SELECT ` + columns + ` FROM catalog.entities e WHERE ` + accessMark + ` AND ` + filterMark
	countEntities  = `SELECT count(*) FROM catalog.entities e WHERE ` + accessMark + ` AND ` + filterMark

	selectOfLocations = `
		SELECT w.place, ` + columns + `
		FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])
		     WITH ORDINALITY AS w (location_id, most, after_ref, before_ref, place)
		CROSS JOIN LATERAL (
			SELECT * FROM catalog.entities e
			WHERE e.location_id = w.location_id AND (w.after_ref = '' OR e.ref > w.after_ref)
			  AND (w.before_ref = '' OR e.ref < w.before_ref) AND ` + accessMark + `
			ORDER BY e.ref ASC LIMIT w.most) e
		ORDER BY w.place, e.ref ASC`
	countOfLocations = `
		SELECT e.location_id, count(*) FROM catalog.entities e
		WHERE e.location_id = ANY($1) AND ` + accessMark + ` GROUP BY e.location_id`

	selectOperations = `SELECT e.id, e.operations FROM catalog.entities e WHERE e.id = ANY($1)`
)

// ByID gives the entities with the ids.
func (s *Store) ByID(ctx context.Context, access catalog.Access, ids []string) (map[string]*catalog.Entity, error) {
	found, err := s.some(ctx, "catalog.ByID", selectByID, access, ids)
	return keyed(found, func(e *catalog.Entity) string { return e.ID }), err
}

// ByRef gives the entities with the refs.
func (s *Store) ByRef(ctx context.Context, access catalog.Access, refs []string) (map[string]*catalog.Entity, error) {
	found, err := s.some(ctx, "catalog.ByRef", selectByRef, access, refs)
	return keyed(found, func(e *catalog.Entity) string { return e.Ref }), err
}

func (s *Store) some(
	ctx context.Context, op, statement string, access catalog.Access, keys []string,
) ([]*catalog.Entity, error) {
	args := entityindex.NewArgs(keys)
	statement = under(access, statement, args)
	return query(ctx, s, op, statement, args.Values(), entityOf)
}

// Hidden gives those of the refs that name entities for which the access does not hold.
func (s *Store) Hidden(ctx context.Context, access catalog.Access, refs []string) (map[string]bool, error) {
	args := entityindex.NewArgs(refs)
	statement := under(access, selectHidden, args)
	hidden, err := query(ctx, s, "catalog.Hidden", statement, args.Values(), pgx.RowTo[string])
	out := make(map[string]bool, len(hidden))
	for _, ref := range hidden {
		out[ref] = true
	}
	return out, err
}

// List gives the entities that the filter holds for, in the order of their refs.
func (s *Store) List(
	ctx context.Context, access catalog.Access, filter *catalog.EntityFilter, part catalog.Slice,
) ([]*catalog.Entity, error) {
	if err := filter.Check(); err != nil {
		return nil, err
	}
	args := entityindex.NewArgs()
	statement := filtered(access, filter, selectEntities, args) + keyset(part).SQL(args, "e.ref")
	return query(ctx, s, "catalog.List", statement, args.Values(), entityOf)
}

// keyset is a part of a list whose sort key is one text.
func keyset(part catalog.Slice) entityindex.Keyset {
	k := entityindex.Keyset{Backward: part.Descending, Limit: part.Limit}
	if part.After != "" {
		k.After = []any{part.After}
	}
	if part.Before != "" {
		k.Before = []any{part.Before}
	}
	return k
}

// Count counts the entities that the filter holds for.
func (s *Store) Count(ctx context.Context, access catalog.Access, filter *catalog.EntityFilter) (int, error) {
	if err := filter.Check(); err != nil {
		return 0, err
	}
	args := entityindex.NewArgs()
	statement := filtered(access, filter, countEntities, args)
	var n int
	err := s.pool.QueryRow(ctx, statement, args.Values()...).Scan(&n)
	return n, postgres.Fault("catalog.Count", err)
}

// OfLocations gives entities that were read from locations.
func (s *Store) OfLocations(
	ctx context.Context, access catalog.Access, wanted []catalog.EntitiesOf,
) (map[catalog.EntitiesOf][]*catalog.Entity, error) {
	backward := func(w catalog.EntitiesOf) bool { return w.Descending }
	return postgres.EachWay(selectOfLocations, wanted, backward,
		func(statement string, part []catalog.EntitiesOf) (map[catalog.EntitiesOf][]*catalog.Entity, error) {
			var ids, after, before []string
			var most []int
			for _, w := range part {
				ids, most, after, before = append(ids, w.LocationID), append(most, w.Limit), append(after, w.After), append(before, w.Before)
			}
			args := entityindex.NewArgs(ids, most, after, before)
			return entityLists(ctx, s, "catalog.OfLocations", under(access, statement, args), args.Values(), part)
		})
}

// CountOfLocations counts the entities that were read from locations.
func (s *Store) CountOfLocations(ctx context.Context, access catalog.Access, ids []string) (map[string]int, error) {
	args := entityindex.NewArgs(ids)
	statement := under(access, countOfLocations, args)
	out := map[string]int{}
	_, err := query(ctx, s, "catalog.CountOfLocations", statement, args.Values(), func(row pgx.CollectableRow) (int, error) {
		var id string
		var n int
		err := row.Scan(&id, &n)
		out[id] = n
		return n, err
	})
	return out, err
}

// Operations gives the operations of APIs.
func (s *Store) Operations(ctx context.Context, ids []string) (map[string][]catalog.Operation, error) {
	out := map[string][]catalog.Operation{}
	_, err := query(ctx, s, "catalog.Operations", selectOperations, []any{ids}, func(row pgx.CollectableRow) (int, error) {
		var id string
		var operations []catalog.Operation
		err := row.Scan(&id, &operations)
		out[id] = operations
		return 0, err
	})
	return out, err
}

// entityLists runs a statement whose rows are a place in what is wanted (from 1) and an entity.
func entityLists[K comparable](
	ctx context.Context, s *Store, op, statement string, args []any, wanted []K,
) (map[K][]*catalog.Entity, error) {
	lists := make(map[K][]*catalog.Entity, len(wanted))
	_, err := query(ctx, s, op, statement, args, func(row pgx.CollectableRow) (int, error) {
		var place int
		var r entityRow
		err := row.Scan(append([]any{&place}, r.targets()...)...)
		if err == nil {
			lists[wanted[place-1]] = append(lists[wanted[place-1]], r.entity())
		}
		return 0, err
	})
	return lists, err
}
