package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"
	"github.com/quagmt/udecimal"

	"devportal.internal/internal/events"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
	"devportal.internal/subgraphs/cost"
)

const (
	upsertSource = `
INSERT INTO cost.sources (name, digest, currency, complete_through, row_count, problem_count) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, currency = excluded.currency, complete_through = excluded.complete_through,
    row_count = excluded.row_count, problem_count = excluded.problem_count, imported_at = now()`

	deleteCharges = `DELETE FROM cost.daily_charges WHERE source = $1`

	insertAttributions = `
INSERT INTO cost.attributions (ref, property, key, value)
SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
ON CONFLICT DO NOTHING`

	insertCharges = `
INSERT INTO cost.daily_charges (source, day, service, attribution_id, amount)
SELECT $1, c.day, c.service, a.id, c.amount::numeric
FROM unnest($2::date[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS c (day, service, amount, ref, property, key, value)
JOIN cost.attributions a USING (ref, property, key, value)`
)

// chunk is how many charges go in one statement.
const chunk = 20_000

// Replace implements [cost.BillStore].
func (s *Store) Replace(ctx context.Context, source cost.Source, charges []cost.DailyCharge) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var through *cost.Day
		if !source.CompleteThrough.IsZero() {
			through = &source.CompleteThrough
		}
		if _, err := tx.Exec(ctx, upsertSource, source.Name, source.Digest, source.Currency, through, source.Rows, source.Problems); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, deleteCharges, source.Name); err != nil {
			return err
		}
		for start := 0; start < len(charges); start += chunk {
			if err := insert(ctx, tx, source.Name, charges[start:min(start+chunk, len(charges))]); err != nil {
				return err
			}
		}
		return nil
	})
	return postgres.Fault("cost.Replace", err)
}

func insert(ctx context.Context, tx pgx.Tx, source string, charges []cost.DailyCharge) error {
	days, services, amounts := make([]cost.Day, len(charges)), make([]string, len(charges)), make([]string, len(charges))
	refs, properties := make([]string, len(charges)), make([]string, len(charges))
	keys, values := make([]string, len(charges)), make([]string, len(charges))
	for i, charge := range charges {
		days[i], services[i], amounts[i] = charge.Day, charge.Service, charge.Amount.String()
		refs[i], properties[i] = charge.Attribution.Ref, string(charge.Attribution.Property.In)
		keys[i], values[i] = charge.Attribution.Property.Key, charge.Attribution.Value
	}
	if _, err := tx.Exec(ctx, insertAttributions, refs, properties, keys, values); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, insertCharges, source, days, services, amounts, refs, properties, keys, values)
	return err
}

const selectSeries = `
WITH ` + lastDay + `, ` + attributed + `
SELECT t.entity_id, last.currency, last.day, c.day, sum(c.amount)
FROM last JOIN cost.daily_charges c ON c.day <= last.day AND c.day > last.day - $1::int
JOIN attributed t USING (attribution_id)
WHERE t.entity_id IS NOT NULL
GROUP BY t.entity_id, last.currency, last.day, c.day
ORDER BY t.entity_id, c.day`

// Series implements [cost.BillStore].
func (s *Store) Series(ctx context.Context, days int) ([]cost.EntitySeries, error) {
	rows, err := s.pool.Query(ctx, selectSeries, days)
	if err != nil {
		return nil, postgres.Fault("cost.Series", err)
	}
	var all []cost.EntitySeries
	var facts []cost.Fact
	var id, currency string
	var last, day cost.Day
	var amount udecimal.Decimal
	flush := func() {
		if len(facts) > 0 {
			period := cost.Period{From: last.AddDate(0, 0, 1-days), To: last}
			summary := cost.Summarise(period, currency, facts)
			all = append(all, cost.EntitySeries{EntityID: facts[0].EntityID, Currency: currency, Daily: summary.Daily})
		}
		facts = facts[:0]
	}
	_, err = pgx.ForEachRow(rows, []any{&id, &currency, &last, &day, &amount}, func() error {
		if len(facts) > 0 && facts[0].EntityID != id {
			flush()
		}
		facts = append(facts, cost.Fact{EntityID: id, Day: day, Amount: amount})
		return nil
	})
	flush()
	return all, postgres.Fault("cost.Series", err)
}

const insertAlert = `
INSERT INTO cost.alerts (entity_id, day, amount, expected) VALUES ($1, $2, $3::text::numeric, $4::text::numeric)
ON CONFLICT (entity_id, day) DO NOTHING`

// Alert implements [cost.BillStore].
func (s *Store) Alert(ctx context.Context, alerts []cost.Alert) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		for _, alert := range alerts {
			tag, err := tx.Exec(ctx, insertAlert, alert.EntityID, alert.Day, alert.Amount.String(), alert.Expected.String())
			if err != nil {
				return err
			}
			if tag.RowsAffected() == 0 {
				continue
			}
			payload, err := json.Marshal(alert)
			if err != nil {
				return fault.Internal("cost.Alert", err)
			}
			event := events.Event{Topic: cost.AlertTopic, Key: alert.EntityID, Type: "ANOMALY", Payload: payload}
			if _, err := events.Append(ctx, tx, event); err != nil {
				return err
			}
		}
		return nil
	})
	return postgres.Fault("cost.Alert", err)
}
