package postgres

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/docs"
)

// found is what a search finds, under the predicate in %s: pages in which all the words occur; when there is none, those
// whose title or headings come near. What may not be seen does not make the difference.
func found(visible string) string {
	return `
WITH query AS (SELECT websearch_to_tsquery('english', $1) AS words),
exact AS (
    SELECT p.entity_id, p.path, ts_rank_cd(p.search, q.words, 1)::float8 AS score
    FROM query q CROSS JOIN docs.pages p JOIN docs.entity_index e ON e.id = p.entity_id
    WHERE p.search @@ q.words AND (` + visible + `)
),
near AS (
    SELECT p.entity_id, p.path, public.word_similarity($1, p.words)::float8 / 1000 AS score
    FROM docs.pages p JOIN docs.entity_index e ON e.id = p.entity_id
    WHERE $1 OPERATOR(public.<%) p.words AND NOT EXISTS (SELECT FROM exact) AND (` + visible + `)
),
found AS (SELECT * FROM exact UNION ALL SELECT * FROM near)
`
}

// selectHits cuts snippets out of the pages of the part alone, which takes the place of {part}. What looks like a mark in a
// page is pulled apart.
const selectHits = `SELECT f.entity_id, f.path, f.score, p.title,
    ts_headline('english', replace(replace(left(p.text, 100000), '[[', '[ ['), ']]', '] ]'), q.words,
        'StartSel=[[, StopSel=]], MaxFragments=2, MaxWords=25, MinWords=8, FragmentDelimiter=" … "')
FROM (SELECT * FROM found WHERE TRUE {part}) f
JOIN docs.pages p ON p.entity_id = f.entity_id AND p.path = f.path CROSS JOIN query q
ORDER BY -f.score ASC, f.entity_id ASC, f.path ASC`

// Search gives a part of the pages of sites that may be seen, the best first: the sort key is the negative score, the
// entity's id and the path.
func (s *Store) Search(ctx context.Context, text string, part entityindex.Keyset, access entityindex.Predicate) ([]docs.Hit, error) {
	args := entityindex.NewArgs(text)
	statement := selectHits
	if part.Backward {
		statement = postgres.Descending(statement)
	}
	statement = strings.Replace(statement, "{part}", part.SQL(args, "-score", "entity_id", "path"), 1)
	hits, err := search(ctx, s, found(access.SQL("e", args))+statement, args, func(row pgx.CollectableRow) (hit docs.Hit, err error) {
		err = row.Scan(&hit.EntityID, &hit.Path, &hit.Score, &hit.Title, &hit.Snippet)
		return hit, err
	})
	return hits, postgres.Fault("docs.Search", err)
}

// CountFound is how many pages Search has in all.
func (s *Store) CountFound(ctx context.Context, text string, access entityindex.Predicate) (int, error) {
	args := entityindex.NewArgs(text)
	counts, err := search(ctx, s, found(access.SQL("e", args))+`SELECT count(*) FROM found`, args, pgx.RowTo[int])
	if err != nil {
		return 0, postgres.Fault("docs.CountFound", err)
	}
	return counts[0], nil
}

// setNearness says how near a miss may be: a word with two letters exchanged counts. It holds for the batch that it is in.
const setNearness = `SELECT set_config('pg_trgm.word_similarity_threshold', '0.45', true)`

func search[T any](ctx context.Context, s *Store, statement string, args *entityindex.Args, scan pgx.RowToFunc[T]) (all []T, err error) {
	batch := &pgx.Batch{}
	batch.Queue(setNearness)
	batch.Queue(statement, args.Values()...).Query(func(rows pgx.Rows) error {
		all, err = pgx.CollectRows(rows, scan)
		return err
	})
	err = s.pool.SendBatch(ctx, batch).Close()
	return all, err
}
