package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/catalog"
)

// A relation to an entity that is hidden is left out; one to an entity that does not exist is kept.
const (
	selectRelations = `
		SELECT w.place, r.type, r.target_ref, ` + columns + `
		FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[])
		     WITH ORDINALITY AS w (ref, types, most, after_type, after_target, before_type, before_target, place)
		CROSS JOIN LATERAL (
			SELECT r.type, r.target_ref
			FROM (SELECT DISTINCT r.type, r.target_ref FROM catalog.relations r
			      WHERE r.source_ref = w.ref AND (w.types = '' OR r.type = ANY(string_to_array(w.types, E'\n')))
			        AND (w.after_type = '' OR (r.type, r.target_ref) > (w.after_type, w.after_target))
			        AND (w.before_type = '' OR (r.type, r.target_ref) < (w.before_type, w.before_target))) r
			LEFT JOIN catalog.entities e ON e.ref = r.target_ref
			WHERE e.id IS NULL OR ` + accessMark + `
			ORDER BY r.type ASC, r.target_ref ASC LIMIT w.most) r
		LEFT JOIN catalog.entities e ON e.ref = r.target_ref
		ORDER BY w.place, r.type ASC, r.target_ref ASC`

	countRelations = `
		SELECT w.place, count(*)
		FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w (ref, types, place)
		CROSS JOIN LATERAL (
			SELECT DISTINCT r.type, r.target_ref FROM catalog.relations r
			WHERE r.source_ref = w.ref AND (w.types = '' OR r.type = ANY(string_to_array(w.types, E'\n')))) r
		LEFT JOIN catalog.entities e ON e.ref = r.target_ref
		WHERE e.id IS NULL OR ` + accessMark + `
		GROUP BY w.place`

	selectRelated = `
		SELECT w.place, ` + columns + `
		FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[])
		     WITH ORDINALITY AS w (ref, relation, kind, most, after_ref, before_ref, place)
		CROSS JOIN LATERAL (
			SELECT e.*
			FROM (SELECT DISTINCT r.target_ref FROM catalog.relations r
			      WHERE r.source_ref = w.ref AND r.type = w.relation
			        AND (w.after_ref = '' OR r.target_ref > w.after_ref) AND (w.before_ref = '' OR r.target_ref < w.before_ref)) r
			JOIN catalog.entities e ON e.ref = r.target_ref
			WHERE (w.kind = '' OR lower(e.kind) = w.kind) AND ` + accessMark + `
			ORDER BY e.ref ASC LIMIT w.most) e
		ORDER BY w.place, e.ref ASC`

	countRelated = `
		SELECT w.place, count(*)
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS w (ref, relation, kind, place)
		CROSS JOIN LATERAL (
			SELECT DISTINCT r.target_ref FROM catalog.relations r WHERE r.source_ref = w.ref AND r.type = w.relation) r
		JOIN catalog.entities e ON e.ref = r.target_ref
		WHERE (w.kind = '' OR lower(e.kind) = w.kind) AND ` + accessMark + `
		GROUP BY w.place`
)

// Relations gives relations, in the order of type and target, or from the back.
func (s *Store) Relations(
	ctx context.Context, access catalog.Access, wanted []catalog.RelationsOf,
) (map[catalog.RelationsOf][]catalog.EntityRelation, error) {
	backward := func(w catalog.RelationsOf) bool { return w.Descending }
	return postgres.EachWay(selectRelations, wanted, backward,
		func(statement string, part []catalog.RelationsOf) (map[catalog.RelationsOf][]catalog.EntityRelation, error) {
			return s.relations(ctx, access, statement, part)
		})
}

func (s *Store) relations(
	ctx context.Context, access catalog.Access, statement string, wanted []catalog.RelationsOf,
) (map[catalog.RelationsOf][]catalog.EntityRelation, error) {
	var refs, types, afterTypes, afterTargets, beforeTypes, beforeTargets []string
	var most []int
	for _, w := range wanted {
		refs, types, most = append(refs, w.Ref), append(types, w.Types), append(most, w.Limit)
		afterTypes, afterTargets = append(afterTypes, w.AfterType), append(afterTargets, w.AfterTarget)
		beforeTypes, beforeTargets = append(beforeTypes, w.BeforeType), append(beforeTargets, w.BeforeTarget)
	}
	args := entityindex.NewArgs(refs, types, most, afterTypes, afterTargets, beforeTypes, beforeTargets)
	statement = under(access, statement, args)
	lists := make(map[catalog.RelationsOf][]catalog.EntityRelation, len(wanted))
	_, err := query(ctx, s, "catalog.Relations", statement, args.Values(), func(row pgx.CollectableRow) (int, error) {
		var place int
		var r catalog.EntityRelation
		var target entityRow
		err := row.Scan(append([]any{&place, &r.Type, &r.TargetRef}, target.targets()...)...)
		if err == nil {
			r.Target = target.entity()
			lists[wanted[place-1]] = append(lists[wanted[place-1]], r)
		}
		return 0, err
	})
	return lists, err
}

// CountRelations counts relations.
func (s *Store) CountRelations(
	ctx context.Context, access catalog.Access, wanted []catalog.RelationsOf,
) (map[catalog.RelationsOf]int, error) {
	var refs, types []string
	for _, w := range wanted {
		refs, types = append(refs, w.Ref), append(types, w.Types)
	}
	args := entityindex.NewArgs(refs, types)
	statement := under(access, countRelations, args)
	return counts(ctx, s, "catalog.CountRelations", statement, args.Values(), wanted)
}

// Related gives the entities that others are related to, in the order of their refs, or from the back.
func (s *Store) Related(
	ctx context.Context, access catalog.Access, wanted []catalog.RelatedTo,
) (map[catalog.RelatedTo][]*catalog.Entity, error) {
	backward := func(w catalog.RelatedTo) bool { return w.Descending }
	return postgres.EachWay(selectRelated, wanted, backward,
		func(statement string, part []catalog.RelatedTo) (map[catalog.RelatedTo][]*catalog.Entity, error) {
			var refs, types, kinds, after, before []string
			var most []int
			for _, w := range part {
				refs, types, kinds = append(refs, w.Ref), append(types, w.Type), append(kinds, w.Kind)
				most, after, before = append(most, w.Limit), append(after, w.After), append(before, w.Before)
			}
			args := entityindex.NewArgs(refs, types, kinds, most, after, before)
			return entityLists(ctx, s, "catalog.Related", under(access, statement, args), args.Values(), part)
		})
}

// CountRelated counts the entities that others are related to.
func (s *Store) CountRelated(
	ctx context.Context, access catalog.Access, wanted []catalog.RelatedTo,
) (map[catalog.RelatedTo]int, error) {
	var refs, types, kinds []string
	for _, w := range wanted {
		refs, types, kinds = append(refs, w.Ref), append(types, w.Type), append(kinds, w.Kind)
	}
	args := entityindex.NewArgs(refs, types, kinds)
	statement := under(access, countRelated, args)
	return counts(ctx, s, "catalog.CountRelated", statement, args.Values(), wanted)
}

// counts runs a statement whose rows are a place in what is wanted (from 1) and a number.
func counts[K comparable](
	ctx context.Context, s *Store, op, statement string, args []any, wanted []K,
) (map[K]int, error) {
	out := make(map[K]int, len(wanted))
	_, err := query(ctx, s, op, statement, args, func(row pgx.CollectableRow) (int, error) {
		var place, n int
		err := row.Scan(&place, &n)
		if err == nil {
			out[wanted[place-1]] = n
		}
		return 0, err
	})
	return out, err
}
