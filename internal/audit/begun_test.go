package audit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres/postgrestest"
)

func begin(t *testing.T, l *audit.Log, action string) audit.Begun {
	t.Helper()
	b, err := l.Begin(as(t.Context(), "user:default/alice"), audit.Event{
		Kind: audit.Mutation, Action: action, Facts: []audit.Fact{audit.About("target", "component:default/shop")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// told is every record as its action, outcome, code and actor, the oldest first.
func told(t *testing.T, l *audit.Log) []string {
	t.Helper()
	settle(t, l)
	verified(t, l)
	found, err := l.Newest(t.Context(), audit.Filter{}, entityindex.Keyset{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range found {
		all = append([]string{r.Action + " " + string(r.Outcome) + " " + r.Code + " " + r.Fact(audit.FactActor)}, all...)
	}
	return all
}

func TestWhatHasBegunIsTold(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, audit.Migrations())
	patient, hasty := audit.Open(pool, audit.Options{}), audit.Open(pool, audit.Options{UnknownAfter: time.Microsecond})
	ctx, cancel := context.WithCancel(t.Context())
	done, refused := begin(t, patient, "done"), begin(t, patient, "refused")
	cut := begin(t, patient, "cutShort")
	cancel() // whoever asked has gone
	patient.End(ctx, done, audit.Done, "")
	patient.End(ctx, refused, audit.Refused, "NOT_FOUND")
	want := []string{"done done  user:default/alice", "refused refused NOT_FOUND user:default/alice"}
	if diff := cmp.Diff(want, told(t, patient)); diff != "" {
		t.Errorf("while one is not over (-want +got):\n%s", diff)
	}
	want = append(want, "cutShort unknown  user:default/alice")
	if diff := cmp.Diff(want, told(t, hasty)); diff != "" {
		t.Errorf("after it was given up (-want +got):\n%s", diff)
	}
	patient.End(t.Context(), cut, audit.Done, "")
	if diff := cmp.Diff(append(want, "cutShort done  user:default/alice"), told(t, hasty)); diff != "" {
		t.Errorf("after it ended in the end (-want +got):\n%s", diff)
	}
	for _, statement := range []string{`DELETE FROM audit.begun`, `UPDATE audit.begun SET action = 'x'`, `TRUNCATE audit.begun`} {
		begin(t, patient, "kept")
		if _, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("%s is let through", statement)
		}
	}
}

func TestNothingBeginsThatCannotBeRemembered(t *testing.T) {
	t.Parallel()
	_, pool := open(t)
	closed, err := pgxpool.NewWithConfig(t.Context(), pool.Config())
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	_, err = audit.Open(closed, audit.Options{}).Begin(as(t.Context(), "user:default/alice"), audit.Event{Kind: audit.Mutation, Action: "any"})
	var failure *fault.Error
	if !errors.As(err, &failure) || fault.KindOf(err) != fault.KindUnavailable || fault.Code(err) != audit.CodeUnavailable {
		t.Errorf("it begins with %v", err)
	}
}
