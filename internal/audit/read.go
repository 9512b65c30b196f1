package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres"
)

// Record is an event as the chain has it.
type Record struct {
	Position int64
	At       time.Time
	Kind     Kind
	Action   string
	Outcome  Outcome
	Code     string
	TraceID  string
	Facts    []Fact
	// Hash binds the record to all before it, in hex.
	Hash string
}

// Fact gives the value of the first fact of that name; "" when there is none, or it was erased.
func (r Record) Fact(name string) string {
	for _, f := range r.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Filter says which records are wanted; the zero value wants all.
type Filter struct {
	Kinds    []Kind
	Outcomes []Outcome
	// Actions are exact.
	Actions []string
	// Actor is who did it; Person is anybody whom a fact is about, the actor included.
	Actor, Person string
	TraceID       string
	// From is inclusive, Until exclusive; zero for no bound.
	From, Until time.Time
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const (
	recordColumns = `position, recorded_at, kind, action, outcome, code, trace_id, facts, hash`
	factsSQL      = `SELECT position, place, person, value, erased FROM audit.sealed WHERE position = ANY ($1)`
)

// Newest gives a part of the records that the filter lets through, the newest first: the sort key is the position.
func (l *Log) Newest(ctx context.Context, filter Filter, part entityindex.Keyset) ([]Record, error) {
	args := &entityindex.Args{}
	where := filter.sql(args)
	return l.read(ctx, where+part.DescendingSQL(args, "c.position"), args)
}

// Oldest gives the oldest records that the filter lets through, after a position.
func (l *Log) Oldest(ctx context.Context, filter Filter, after int64, limit int) ([]Record, error) {
	args := &entityindex.Args{}
	where := filter.sql(args) + " AND c.position > " + args.Add(after)
	return l.read(ctx, where+" ORDER BY c.position LIMIT "+args.Add(limit), args)
}

// Count gives how many records the filter lets through.
func (l *Log) Count(ctx context.Context, filter Filter) (count int, err error) {
	args := &entityindex.Args{}
	sql := `SELECT count(*) FROM audit.chain c WHERE ` + filter.sql(args)
	err = l.pool.QueryRow(ctx, sql, args.Values()...).Scan(&count)
	return count, postgres.Fault("audit.Count", err)
}

// sql gives the condition on audit.chain as c.
func (f Filter) sql(args *entityindex.Args) string {
	parts := []string{"TRUE"}
	if len(f.Kinds) > 0 {
		parts = append(parts, "c.kind = ANY ("+args.Add(f.Kinds)+")")
	}
	if len(f.Outcomes) > 0 {
		parts = append(parts, "c.outcome = ANY ("+args.Add(f.Outcomes)+")")
	}
	if len(f.Actions) > 0 {
		parts = append(parts, "c.action = ANY ("+args.Add(f.Actions)+")")
	}
	if f.TraceID != "" {
		parts = append(parts, "c.trace_id = "+args.Add(f.TraceID))
	}
	if !f.From.IsZero() {
		parts = append(parts, "c.recorded_at >= "+args.Add(f.From))
	}
	if !f.Until.IsZero() {
		parts = append(parts, "c.recorded_at < "+args.Add(f.Until))
	}
	if f.Actor != "" {
		parts = append(parts, "c.position IN (SELECT position FROM audit.sealed WHERE NOT erased AND name = '"+FactActor+
			"' AND person = "+args.Add(strings.ToLower(f.Actor))+")")
	}
	if f.Person != "" {
		parts = append(parts, "c.position IN (SELECT position FROM audit.sealed WHERE NOT erased AND person = "+
			args.Add(strings.ToLower(f.Person))+")")
	}
	return strings.Join(parts, " AND ")
}

func (l *Log) read(ctx context.Context, rest string, args *entityindex.Args) ([]Record, error) {
	const op = "audit.read"
	rows, err := l.pool.Query(ctx, `SELECT `+recordColumns+` FROM audit.chain c WHERE `+rest, args.Values()...)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	found, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	facts, err := l.factsOf(ctx, found)
	if err != nil {
		return nil, postgres.Fault(op, err)
	}
	records := make([]Record, len(found))
	for i, s := range found {
		if records[i], err = s.unsealed(facts); err != nil {
			return nil, fault.Internal(op, err)
		}
	}
	return records, nil
}

func (l *Log) factsOf(ctx context.Context, found []stored) (map[place]Fact, error) {
	positions := make([]int64, len(found))
	for i, s := range found {
		positions[i] = s.Position
	}
	rows, err := l.pool.Query(ctx, factsSQL, positions)
	if err != nil {
		return nil, err
	}
	facts := map[place]Fact{}
	var at place
	var f Fact
	_, err = pgx.ForEachRow(rows, []any{&at.position, &at.place, &f.Person, &f.Value, &f.Erased}, func() error {
		facts[at] = f
		return nil
	})
	return facts, err
}

// unsealed puts the facts about people back in their places.
func (s stored) unsealed(facts map[place]Fact) (Record, error) {
	r := Record{
		Position: s.Position, At: s.At.UTC(), Kind: s.Kind, Action: s.Action, Outcome: s.Outcome, Code: s.Code,
		TraceID: s.TraceID, Hash: hex.EncodeToString(s.hash),
	}
	var all []chained
	if err := json.Unmarshal([]byte(s.facts), &all); err != nil {
		return Record{}, err
	}
	for i, c := range all {
		f := Fact{Name: c.Name, Value: c.Value}
		if sealed, ok := facts[place{s.Position, i}]; ok {
			f = sealed
			f.Name = c.Name
		}
		r.Facts = append(r.Facts, f)
	}
	return r, nil
}
