package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/quagmt/udecimal"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/cost"
)

// Store keeps bills and reads costs. It is safe for concurrent use.
type Store struct{ pool *pgxpool.Pool }

// NewStore makes a store over a database in which [Migrations] were applied.
func NewStore(pool *pgxpool.Pool) *Store { return &Store{pool: pool} }

const (
	// lastDay is the last day that is billed completely, in one row whose day is NULL before the first bill.
	lastDay = `last AS (SELECT max(complete_through) AS day, max(currency) AS currency FROM cost.sources)`

	// attributed leads from each attribution to the entity that it means, NULL where there is none. A property that
	// several entities have means the one whose reference comes first, so that no charge counts twice.
	attributed = `attributed AS (
    SELECT a.id AS attribution_id, coalesce(by_ref.id, by_property.id) AS entity_id
    FROM cost.attributions a
    LEFT JOIN cost.entity_index by_ref ON a.ref <> '' AND by_ref.ref = a.ref
    LEFT JOIN LATERAL (
        SELECT o.id FROM cost.entity_index o
        WHERE (a.property = 'label' AND o.labels @> jsonb_build_object(a.key, a.value))
           OR (a.property = 'annotation' AND o.annotations @> jsonb_build_object(a.key, a.value))
        ORDER BY o.ref LIMIT 1) by_property ON a.property <> '')`
)

// The access predicate over e stands where the mark is.
const selectEntityFacts = `
WITH ` + lastDay + `, ` + attributed + `,
wanted AS (SELECT e.id FROM cost.entity_index e WHERE e.id = ANY($1) AND (/*access*/))
SELECT w.id, last.day, last.currency, c.day, coalesce(c.service, ''), coalesce(sum(c.amount), 0)
FROM last CROSS JOIN wanted w
LEFT JOIN attributed t ON t.entity_id = w.id
LEFT JOIN cost.daily_charges c ON c.attribution_id = t.attribution_id AND c.day <= last.day AND c.day > last.day - 2 * $2::int
WHERE last.day IS NOT NULL
GROUP BY w.id, last.day, last.currency, c.day, c.service`

// EntityCosts is what each of the entities that may be seen cost over the last days, by entity id. Before the first bill
// it is empty.
func (s *Store) EntityCosts(ctx context.Context, ids []string, days int, access entityindex.Predicate) (map[string]cost.Cost, error) {
	const op = "cost.EntityCosts"
	args := entityindex.NewArgs(ids, days)
	rows, err := s.pool.Query(ctx, withAccess(selectEntityFacts, access, args), args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	facts, head, err := collectFacts(rows)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	if len(facts) == 0 {
		return nil, nil
	}
	period, err := cost.LastDays(days, head.last)
	if err != nil {
		return nil, err
	}
	costs := make(map[string]cost.Cost, len(facts))
	for id, of := range facts {
		costs[id] = cost.Summarise(period, head.currency, of)
	}
	return costs, nil
}

// head is what every row of a reading says: the last complete day and the currency.
type head struct {
	last     cost.Day
	currency string
}

func collectFacts(rows pgx.Rows) (map[string][]cost.Fact, head, error) {
	facts := make(map[string][]cost.Fact)
	var head head
	var id, service string
	var day *cost.Day
	var amount udecimal.Decimal
	_, err := pgx.ForEachRow(rows, []any{&id, &head.last, &head.currency, &day, &service, &amount}, func() error {
		of := facts[id]
		if day != nil {
			of = append(of, cost.Fact{EntityID: id, Day: *day, Service: service, Amount: amount})
		}
		facts[id] = of
		return nil
	})
	return facts, head, err
}

// The grouping sets give three lists of one snapshot: by entity, by day, by service. Days of the period before are
// only in the list by day. An entity that may not be seen is left out with all that it cost; what no entity
// that exists is to blame for is in the list by entity under NULL.
const selectReport = `
WITH ` + lastDay + `, ` + attributed + `,
visible AS (
    SELECT t.attribution_id, t.entity_id FROM attributed t
    LEFT JOIN cost.entity_index e ON e.id = t.entity_id
    WHERE t.entity_id IS NULL OR (/*access*/)),
facts AS (
    SELECT v.entity_id, c.day, c.service, c.amount, c.day > last.day - $1::int AS current
    FROM last JOIN cost.daily_charges c ON c.day <= last.day AND c.day > last.day - 2 * $1::int
    JOIN visible v USING (attribution_id))
SELECT last.day, last.currency, GROUPING(f.entity_id, f.day, f.service), f.entity_id, f.day, coalesce(f.service, ''), coalesce(sum(f.amount), 0)
FROM last LEFT JOIN facts f ON TRUE
WHERE last.day IS NOT NULL
GROUP BY last.day, last.currency, GROUPING SETS ((f.entity_id, f.current), (f.day), (f.service, f.current))
HAVING GROUPING(f.day) = 0 OR bool_and(f.current)`

// What GROUPING says of a row: a bit is set for each column that is not grouped by.
const (
	groupedByEntity  = 0b011
	groupedByDay     = 0b101
	groupedByService = 0b110
)

// Report is what everything that may be seen cost over the last days; nil before the first bill.
func (s *Store) Report(ctx context.Context, days int, access entityindex.Predicate) (*cost.Report, error) {
	const op = "cost.Report"
	args := entityindex.NewArgs(days)
	rows, err := s.pool.Query(ctx, withAccess(selectReport, access, args), args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	totals, head, err := collectTotals(rows)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	if head.last.IsZero() {
		return nil, nil
	}
	period, err := cost.LastDays(days, head.last)
	if err != nil {
		return nil, err
	}
	report := cost.MakeReport(period, head.currency, totals)
	return &report, nil
}

func collectTotals(rows pgx.Rows) (cost.Totals, head, error) {
	var totals cost.Totals
	var head head
	var grouping int
	var entity *string
	var day *cost.Day
	var service string
	var amount udecimal.Decimal
	_, err := pgx.ForEachRow(rows, []any{&head.last, &head.currency, &grouping, &entity, &day, &service, &amount}, func() error {
		switch {
		case grouping == groupedByEntity && entity == nil:
			totals.Entities = append(totals.Entities, cost.EntityAmount{Amount: amount})
		case grouping == groupedByEntity:
			totals.Entities = append(totals.Entities, cost.EntityAmount{EntityID: *entity, Amount: amount})
		case grouping == groupedByDay && day != nil:
			totals.Days = append(totals.Days, cost.DayAmount{Day: *day, Amount: amount})
		case grouping == groupedByService && service != "":
			totals.Services = append(totals.Services, cost.ServiceAmount{Service: service, Amount: amount})
		}
		return nil
	})
	return totals, head, err
}

const selectVisible = `SELECT e.id FROM cost.entity_index e WHERE e.id = ANY($1) AND (/*access*/)`

// Visible are those of the entities that may be seen.
func (s *Store) Visible(ctx context.Context, ids []string, access entityindex.Predicate) ([]string, error) {
	args := entityindex.NewArgs(ids)
	rows, err := s.pool.Query(ctx, withAccess(selectVisible, access, args), args.Values()...)
	if err != nil {
		return nil, postgres.Fault("cost.Visible", err)
	}
	visible, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return visible, postgres.Fault("cost.Visible", err)
}

const selectSource = `
SELECT name, digest, currency, complete_through, row_count, problem_count FROM cost.sources WHERE name = $1`

// Source implements [cost.BillStore].
func (s *Store) Source(ctx context.Context, name string) (cost.Source, error) {
	var source cost.Source
	var through pgtype.Date
	err := s.pool.QueryRow(ctx, selectSource, name).Scan(&source.Name, &source.Digest, &source.Currency, &through, &source.Rows, &source.Problems)
	if errors.Is(err, pgx.ErrNoRows) {
		return cost.Source{}, nil
	}
	if through.Valid {
		source.CompleteThrough = through.Time
	}
	return source, postgres.Fault("cost.Source", err)
}

// Retain implements [cost.BillStore].
func (s *Store) Retain(ctx context.Context, sources []string) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM cost.sources WHERE name <> ALL($1)`, sources)
	return postgres.Fault("cost.Retain", err)
}
