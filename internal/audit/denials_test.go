package audit_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/postgres/postgrestest"
)

// openAt is a log whose clock is the number of seconds that it is given.
func openAt(t *testing.T) (*audit.Log, *atomic.Int64) {
	t.Helper()
	seconds := &atomic.Int64{}
	now := func() time.Time { return time.Unix(seconds.Load(), 0) }
	return audit.Open(postgrestest.New(t, audit.Migrations()), audit.Options{Now: now}), seconds
}

// denied are the refusals in the log, the oldest first, as "actor address action code repeated".
func denied(t *testing.T, l *audit.Log) (told []string) {
	t.Helper()
	settle(t, l)
	found, err := l.Newest(t.Context(), audit.Filter{Kinds: []audit.Kind{audit.Denied}}, entityindex.Keyset{Limit: 2_000})
	if err != nil {
		t.Fatal(err)
	}
	for at := len(found) - 1; at >= 0; at-- {
		r := found[at]
		told = append(told, fmt.Sprintf("%s %s %s %s %s",
			r.Fact(audit.FactActor), r.Fact(audit.FactAddress), r.Action, r.Code, r.Fact(audit.FactRepeated)))
	}
	return told
}

func TestARefusalIsToldAtOnceThenWithHowOftenItWasRepeated(t *testing.T) {
	t.Parallel()
	l, seconds := openAt(t)
	alice := as(t.Context(), "user:default/alice")
	for range 100_000 {
		l.Deny(alice, audit.Event{Action: "Query.policies", Code: "FORBIDDEN"})
	}
	const first = "user:default/alice 192.0.2.7 Query.policies FORBIDDEN "
	if told := denied(t, l); len(told) != 1 || told[0] != first {
		t.Errorf("at once: %q", told)
	}
	seconds.Add(60)
	// Whoever has it written is not whom it is told of.
	if told := denied(t, l); len(told) != 2 || told[1] != first+"99999" {
		t.Errorf("after a minute: %q", told)
	}
	seconds.Add(60)
	denied(t, l)
	l.Deny(alice, audit.Event{Action: "Query.policies", Code: "FORBIDDEN"})
	if told := denied(t, l); len(told) != 3 || told[2] != first {
		t.Errorf("after a quiet minute: %q", told)
	}
	if r := verified(t, l); r.Records != 3 {
		t.Errorf("%d records", r.Records)
	}
}

func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	l, seconds := openAt(t)
	alice := as(t.Context(), "user:default/alice")
	for at := range 1_000 { // under changing names
		l.Deny(alice, audit.Event{Action: fmt.Sprint("alias", at), Code: "FORBIDDEN"})
	}
	if told := denied(t, l); len(told) != 11 || told[10] != "user:default/alice 192.0.2.7 several  " {
		t.Errorf("under changing names: %q", told)
	}
	for at := range 10_000 { // from everywhere
		l.Deny(t.Context(), audit.Event{Action: "request", Code: "UNAUTHENTICATED", Address: fmt.Sprint("2001:db8::", at)})
	}
	told := denied(t, l)
	if len(told) != 11+100+1 || told[len(told)-1] != "  several  " {
		t.Errorf("from everywhere: %d, %q", len(told), told[len(told)-1])
	}
	l.Deny(as(t.Context(), "user:default/bob"), audit.Event{Action: "Query.policies", Code: "FORBIDDEN"})
	if told = denied(t, l); told[len(told)-1] != "user:default/bob 192.0.2.7 Query.policies FORBIDDEN " {
		t.Errorf("strangers hide what bob is refused: %q", told[len(told)-1])
	}
	seconds.Add(60)
	counted := 0
	for _, one := range denied(t, l)[len(told):] {
		if one == "  several  9899" || one == "user:default/alice 192.0.2.7 several  989" {
			counted++
		}
	}
	if counted != 2 {
		t.Errorf("what was not told is not counted: %q", denied(t, l)[len(told):])
	}
}
