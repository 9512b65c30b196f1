package portal

import (
	"context"
	"strconv"
	"strings"
	"time"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/fault"
)

// AuditKind is what sort of thing happened, in the words of the schema.
type AuditKind string

// AuditOutcome is what came of it, in the words of the schema.
type AuditOutcome string

// AuditEvent is something that the audit log remembers.
type AuditEvent struct {
	Position                            int
	At                                  time.Time
	Kind                                AuditKind
	Action                              string
	Outcome                             AuditOutcome
	Code                                *string
	Actor, Credential, Address, TraceID *string
	Facts                               []*AuditFact
	Hash                                string
}

// AuditFact is something that is known of an event.
type AuditFact struct {
	Name string
	// Value is nil where it was erased.
	Value *string
}

// AuditEventConnection is a page of events.
type AuditEventConnection struct {
	relay.Connection[*AuditEvent]
}

// AuditEventEdge is an event on a page, and its cursor.
type AuditEventEdge relay.Edge[*AuditEvent]

// Edges are the events on the page, each with its cursor.
func (c *AuditEventConnection) Edges() []*AuditEventEdge {
	return relay.Edges[AuditEventEdge](c.Connection)
}

// maxFilterValues bounds each list of a filter.
const maxFilterValues = 100

// AuditEvents gives what the filter lets through, the newest first.
func (a *Administration) AuditEvents(ctx context.Context, filter audit.Filter, first *int32, after *string, last *int32, before *string) (*AuditEventConnection, error) {
	const op = "portal.AuditEvents"
	if _, err := a.admit(ctx, op, authz.AuditRead); err != nil {
		return nil, err
	}
	if max(len(filter.Kinds), len(filter.Outcomes), len(filter.Actions)) > maxFilterValues {
		return nil, fault.Invalid(op, "a filter names at most %d values", maxFilterValues).WithCode("FILTER_TOO_LARGE")
	}
	page, err := relay.Between(first, after, last, before).Page("audit.events", 1)
	if err != nil {
		return nil, err
	}
	part, err := page.Keyset(position)
	if err != nil {
		return nil, err
	}
	read, err := a.memory.Newest(ctx, filter, part)
	if err != nil {
		return nil, err
	}
	shown := make([]*AuditEvent, len(read))
	for i, r := range read {
		shown[i] = newAuditEvent(r)
	}
	key := func(e *AuditEvent) []string { return []string{strconv.Itoa(e.Position)} }
	count := func(ctx context.Context) (int, error) { return a.memory.Count(ctx, filter) }
	return &AuditEventConnection{relay.NewConnection(page, shown, key, count)}, nil
}

func newAuditEvent(r audit.Record) *AuditEvent {
	e := &AuditEvent{
		Position: int(r.Position), At: r.At, Kind: AuditKind(strings.ToUpper(string(r.Kind))), Action: r.Action,
		Outcome: AuditOutcome(strings.ToUpper(string(r.Outcome))), Code: orNil(r.Code), TraceID: orNil(r.TraceID),
		Actor: orNil(r.Fact(audit.FactActor)), Credential: orNil(r.Fact(audit.FactCredential)),
		Address: orNil(r.Fact(audit.FactAddress)), Facts: []*AuditFact{}, Hash: r.Hash,
	}
	for _, f := range r.Facts {
		switch f.Name {
		case audit.FactActor, audit.FactCredential, audit.FactAddress:
			continue
		}
		fact := &AuditFact{Name: f.Name}
		if !f.Erased {
			fact.Value = &f.Value
		}
		e.Facts = append(e.Facts, fact)
	}
	return e
}
