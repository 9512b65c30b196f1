package postgres

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/docs"
)

// PageRow is a page without its HTML and words, and its place in its site.
type PageRow struct {
	docs.Page

	EntityID string
	Ordinal  int // from 0, in the order of the table of contents
}

// Range is a part of the pages of a site.
type Range struct {
	EntityID string
	// After and Before are ordinals between which it lies, exclusive; -1 and [NoBound] for the whole list.
	After, Before int
	// Backward reads from the back.
	Backward bool
	Limit    int
}

// NoBound is beyond every ordinal.
const NoBound = math.MaxInt32

// pages reads rows of what a request names: its number, and the row.
const pageColumns = `SELECT r.i, p.entity_id, p.path, p.ordinal, p.title, p.headings, p.edit_url `

const fromRanges = `FROM unnest($1::text[], $2::int[], $3::int[], $4::int[]) WITH ORDINALITY AS r(entity_id, after, before, size, i)
JOIN docs.entity_index e ON e.id = r.entity_id
CROSS JOIN LATERAL (SELECT * FROM docs.pages WHERE entity_id = r.entity_id AND ordinal > r.after AND ordinal < r.before
                    ORDER BY ordinal ASC LIMIT r.size) p
WHERE `

// Pages reads ranges of the pages of sites that may be seen, in one statement for those from the front and one for those
// from the back.
func (s *Store) Pages(ctx context.Context, ranges []Range, access entityindex.Predicate) (map[Range][]PageRow, error) {
	backward := func(one Range) bool { return one.Backward }
	found, err := postgres.EachWay(fromRanges, ranges, backward, func(statement string, part []Range) (map[Range][]PageRow, error) {
		return s.ranges(ctx, statement, part, access)
	})
	return found, postgres.Fault("docs.Pages", err)
}

func (s *Store) ranges(ctx context.Context, from string, ranges []Range, access entityindex.Predicate) (map[Range][]PageRow, error) {
	ids, sizes := make([]string, len(ranges)), make([]int, len(ranges))
	after, before := make([]int, len(ranges)), make([]int, len(ranges))
	order := `p.ordinal`
	for i, one := range ranges {
		ids[i], after[i], before[i], sizes[i] = one.EntityID, one.After, one.Before, one.Limit
		if one.Backward {
			order = `p.ordinal DESC`
		}
	}
	args := entityindex.NewArgs(ids, after, before, sizes)
	found := map[Range][]PageRow{}
	err := s.eachPage(ctx, from+`(`+access.SQL("e", args)+`) ORDER BY r.i, `+order, args, func(i int, row PageRow) {
		found[ranges[i]] = append(found[ranges[i]], row)
	})
	return found, err
}

// A site whose first page has a path of its own answers to the empty path with that one.
const fromKeys = `FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(entity_id, path, i)
JOIN docs.entity_index e ON e.id = r.entity_id
CROSS JOIN LATERAL (SELECT * FROM docs.pages WHERE entity_id = r.entity_id AND (path = r.path OR (r.path = '' AND ordinal = 0))
                    ORDER BY path <> r.path LIMIT 1) p
WHERE `

// PagesByPath reads pages of sites that may be seen, in one statement.
func (s *Store) PagesByPath(ctx context.Context, keys []docs.PageKey, access entityindex.Predicate) (map[docs.PageKey]PageRow, error) {
	ids, paths := splitKeys(keys)
	args := entityindex.NewArgs(ids, paths)
	found := make(map[docs.PageKey]PageRow, len(keys))
	err := s.eachPage(ctx, fromKeys+`(`+access.SQL("e", args)+`)`, args, func(i int, row PageRow) { found[keys[i]] = row })
	return found, postgres.Fault("docs.PagesByPath", err)
}

const selectHTML = `SELECT r.i, p.html FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS r(entity_id, path, i)
JOIN docs.entity_index e ON e.id = r.entity_id JOIN docs.pages p ON p.entity_id = r.entity_id AND p.path = r.path WHERE `

// HTML reads the HTML of pages of sites that may be seen, in one statement.
func (s *Store) HTML(ctx context.Context, keys []docs.PageKey, access entityindex.Predicate) (map[docs.PageKey]string, error) {
	const op = "docs.HTML"
	ids, paths := splitKeys(keys)
	args := entityindex.NewArgs(ids, paths)
	rows, err := s.pool.Query(ctx, selectHTML+`(`+access.SQL("e", args)+`)`, args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	found := make(map[docs.PageKey]string, len(keys))
	var i int
	var html string
	_, err = pgx.ForEachRow(rows, []any{&i, &html}, func() error {
		found[keys[i-1]] = html
		return nil
	})
	return found, postgres.Fault(op, err)
}

func splitKeys(keys []docs.PageKey) (ids, paths []string) {
	ids, paths = make([]string, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		ids[i], paths[i] = key.EntityID, key.Path
	}
	return ids, paths
}

func (s *Store) eachPage(ctx context.Context, from string, args *entityindex.Args, take func(i int, row PageRow)) error {
	rows, err := s.pool.Query(ctx, pageColumns+from, args.Values()...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var i int
		var row PageRow
		if err := rows.Scan(&i, &row.EntityID, &row.Path, &row.Ordinal, &row.Title, &row.Headings, &row.EditURL); err != nil {
			return err
		}
		take(i-1, row)
	}
	return rows.Err()
}
