package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"devportal.internal/internal/entityindex"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/postgres/postgrestest"
)

func open(t *testing.T) (*audit.Log, *pgxpool.Pool) {
	t.Helper()
	pool := postgrestest.New(t, audit.Migrations())
	return audit.Open(pool, audit.Options{}), pool
}

func as(ctx context.Context, user string) context.Context {
	return auth.NewContext(ctx, auth.NewPrincipal(auth.Principal{Subject: user, ID: "token-1", Address: "192.0.2.7"}))
}

// tell records an event of alice's that mentions bob.
func tell(t *testing.T, l *audit.Log, action string) {
	t.Helper()
	err := l.Record(as(t.Context(), "user:default/alice"), audit.Event{
		Kind: audit.Mutation, Action: action, Outcome: audit.Done,
		Facts: []audit.Fact{audit.About("target", "user:default/Bob"), audit.About("entity", "component:default/shop")},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func settle(t *testing.T, l *audit.Log) {
	t.Helper()
	if err := l.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func verified(t *testing.T, l *audit.Log) audit.Report {
	t.Helper()
	report, err := l.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestARecordTellsWhoDidWhatFromWhere(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	tell(t, l, "deleteEntity")
	settle(t, l)
	found, err := l.Newest(t.Context(), audit.Filter{Actor: "user:default/ALICE"}, entityindex.Keyset{Limit: 10})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	r := found[0]
	got := []string{
		string(r.Kind), r.Action, string(r.Outcome), r.Fact(audit.FactActor), r.Fact(audit.FactCredential),
		r.Fact(audit.FactAddress), r.Fact("target"), r.Fact("entity"),
	}
	want := []string{
		"mutation", "deleteEntity", "done", "user:default/alice", "token-1", "192.0.2.7", "user:default/Bob", "component:default/shop",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for name, filter := range map[string]audit.Filter{
		"another actor":   {Actor: "user:default/bob"},
		"another kind":    {Kinds: []audit.Kind{audit.SignIn}},
		"another action":  {Actions: []string{"x"}},
		"another outcome": {Outcomes: []audit.Outcome{audit.Failed}},
		"another trace":   {TraceID: "x"},
		"earlier":         {Until: r.At},
	} {
		if n, err := l.Count(t.Context(), filter); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	if n, err := l.Count(t.Context(), audit.Filter{Person: "user:default/bob", From: r.At}); n != 1 || err != nil {
		t.Errorf("about bob: %d, %v", n, err)
	}
}

func TestAnEventIsToldIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	l, pool := open(t)
	undo := errors.New("undo")
	for _, end := range []error{nil, undo} {
		err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			err := l.RecordIn(t.Context(), tx, audit.Event{Kind: audit.Mutation, Action: "a", Outcome: audit.Done})
			return errors.Join(err, end)
		})
		if !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	settle(t, l)
	if r := verified(t, l); r.Records != 1 {
		t.Errorf("%d records", r.Records)
	}
}

// TestManyWritersMakeOneChain: several processes record and chain at once, while one of them holds a transaction open.
func TestManyWritersMakeOneChain(t *testing.T) {
	t.Parallel()
	l, pool := open(t)
	late, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.RecordIn(t.Context(), late, audit.Event{Kind: audit.Mutation, Action: "late", Outcome: audit.Done}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running, writing sync.WaitGroup
	for range 2 {
		running.Go(func() { _ = audit.Open(pool, audit.Options{}).Run(ctx) })
	}
	const writers, each = 4, 40
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				if err := l.Record(ctx, audit.Event{Kind: audit.Mutation, Action: fmt.Sprintf("%d.%d", w, i), Outcome: audit.Done}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	settle(t, l)
	if err := late.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	running.Wait()
	settle(t, l)
	if r := verified(t, l); r.Records != writers*each+1 {
		t.Errorf("%d records", r.Records)
	}
	last, err := l.Newest(t.Context(), audit.Filter{}, entityindex.Keyset{Limit: 1})
	if err != nil || last[0].Action != "late" {
		t.Errorf("what committed last is %v, %v", last, err)
	}
}

func TestTheDatabaseRefusesToChangeWhatWasRecorded(t *testing.T) {
	t.Parallel()
	l, pool := open(t)
	tell(t, l, "first")
	settle(t, l)
	tell(t, l, "waiting")
	for _, sql := range []string{
		`UPDATE audit.chain SET action = 'x'`, `DELETE FROM audit.chain`, `TRUNCATE audit.chain CASCADE`,
		`DELETE FROM audit.sealed`, `TRUNCATE audit.sealed`, `UPDATE audit.sealed SET value = 'x'`,
		`UPDATE audit.sealed SET erased = true`, `UPDATE audit.sealed SET erased = true, value = '', salt = ''`,
		`UPDATE audit.outbox SET action = 'x'`, `DELETE FROM audit.outbox`, `TRUNCATE audit.outbox`,
		`UPDATE audit.head SET position = 0`, `DELETE FROM audit.head`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was let through", sql)
		}
	}
	settle(t, l)
	verified(t, l)
}

// TestTamperingIsFound does what a superuser can: triggers are switched off first.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"a changed record":           `UPDATE audit.chain SET action = 'harmless' WHERE position = 2`,
		"a changed time":             `UPDATE audit.chain SET recorded_at = recorded_at - interval '1 hour' WHERE position = 2`,
		"a removed record":           `DELETE FROM audit.sealed WHERE position = 2; DELETE FROM audit.chain WHERE position = 2`,
		"a removed end":              `DELETE FROM audit.sealed WHERE position = 4; DELETE FROM audit.chain WHERE position = 4`,
		"a removed end and its head": `DELETE FROM audit.sealed WHERE position = 4; DELETE FROM audit.chain WHERE position = 4; UPDATE audit.head SET position = 3`,
		"swapped records":            `UPDATE audit.chain SET position = -position WHERE position IN (2, 3); UPDATE audit.chain SET position = 5 + position WHERE position < 0`,
		"another actor":              `UPDATE audit.sealed SET value = 'user:default/bob' WHERE position = 2 AND name = 'actor'`,
		"a removed actor":            `DELETE FROM audit.sealed WHERE position = 2 AND name = 'actor'`,
		"an erasure that nobody did": `UPDATE audit.sealed SET erased = true, value = '', salt = '', person = '' WHERE position = 2`,
		"a fact of no record":        `INSERT INTO audit.sealed SELECT 99, place, name, person, salt, value FROM audit.sealed WHERE position = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, pool := open(t)
			for i := range 4 {
				tell(t, l, fmt.Sprint(i))
			}
			settle(t, l)
			verified(t, l)
			if _, err := pool.Exec(t.Context(), `SET session_replication_role = replica; `+sql+`; SET session_replication_role = origin`); err != nil {
				t.Fatal(err)
			}
			var broken *audit.BrokenError
			if _, err := l.Verify(t.Context()); !errors.As(err, &broken) {
				t.Errorf("it was not found: %v", err)
			}
		})
	}
}

func TestAChainThatWasMadeAnewIsNotTheOneThatWasNoted(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	other, _ := open(t)
	tell(t, l, "a")
	tell(t, other, "a")
	settle(t, l)
	settle(t, other)
	r := verified(t, l)
	mark := audit.Mark{Position: r.Records, Hash: r.Head}
	tell(t, l, "b")
	settle(t, l)
	if _, err := l.Verify(t.Context(), mark); err != nil {
		t.Error(err)
	}
	if _, err := other.Verify(t.Context(), mark); err == nil {
		t.Error("another chain was taken for it")
	}
	if _, err := l.Verify(t.Context(), audit.Mark{Position: 9, Hash: "x"}); err == nil {
		t.Error("a record that is missing was not missed")
	}
}

func TestAPersonIsErasedAndTheChainHolds(t *testing.T) {
	t.Parallel()
	l, pool := open(t)
	tell(t, l, "a")
	settle(t, l)
	tell(t, l, "b") // not chained yet
	erased, err := l.Erase(as(t.Context(), "user:default/admin"), "user:default/Alice")
	if err != nil || erased != 6 {
		t.Fatal(erased, err)
	}
	r := verified(t, l)
	if r.Records != 3 || r.Erased != 6 {
		t.Errorf("%+v", r)
	}
	var everything bytes.Buffer
	if err := l.Export(t.Context(), &everything, audit.Filter{}); err != nil {
		t.Fatal(err)
	}
	var left int
	err = pool.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM audit.chain c WHERE c::text ILIKE '%alice%' OR c::text LIKE '%192.0.2.7%') +
		       (SELECT count(*) FROM audit.sealed s WHERE s::text ILIKE '%alice%') +
		       (SELECT count(*) FROM audit.outbox o WHERE o::text ILIKE '%alice%')`).Scan(&left)
	if err != nil || left != 0 || strings.Contains(everything.String(), "alice") {
		t.Errorf("%d rows still know her, %v:\n%s", left, err, everything.String())
	}
	if !strings.Contains(everything.String(), "user:default/Bob") {
		t.Error("others were erased too")
	}
	if again, err := l.Erase(t.Context(), "user:default/alice"); again != 0 || err != nil {
		t.Errorf("a second time: %d, %v", again, err)
	}
	verified(t, l)
}

func TestTheExportIsOneObjectALine(t *testing.T) {
	t.Parallel()
	l, _ := open(t)
	hostile := "a\x00b\n\xff" + strings.Repeat("é", 5000)
	err := l.Record(t.Context(), audit.Event{
		Kind: audit.SignIn, Action: hostile, Outcome: audit.Refused, Actor: "nobody@example.com", Address: "192.0.2.9",
		Facts: []audit.Fact{{Name: "reason", Value: hostile}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tell(t, l, "b")
	settle(t, l)
	var out bytes.Buffer
	if err := l.Export(t.Context(), &out, audit.Filter{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, line := range lines {
		var r struct {
			Position int
			Hash     string
			Facts    []struct{ Name, Value string }
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Position != i+1 || len(r.Hash) != 64 || len(r.Facts) < 3 {
			t.Errorf("line %d: %v: %.200s", i, err, line)
		}
	}
	verified(t, l)
}
