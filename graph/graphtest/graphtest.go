package graphtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
)

// Timeout is how long a test waits for what has to happen.
const Timeout = 20 * time.Second

// Bench is a database with an event log that runs.
type Bench struct {
	Pool *pgxpool.Pool
	Log  *events.Log
}

// New makes a fresh database with these migrations besides those of the event log, and runs the log until the test ends.
func New(t testing.TB, migrations ...postgres.Migrations) *Bench {
	t.Helper()
	pool := postgrestest.New(t, append([]postgres.Migrations{{Schema: "events", Files: events.Migrations()}}, migrations...)...)
	log := events.Open(pool, events.Settings{Poll: 20 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = log.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		log.Close()
	})
	return &Bench{Pool: pool, Log: log}
}

// Start starts the parts of a subgraph in order, and stops them in the reverse order when the test ends.
func Start(t testing.TB, parts ...lifecycle.Part) {
	t.Helper()
	for _, part := range parts {
		if part.Start != nil {
			if err := part.Start(t.Context()); err != nil {
				t.Fatalf("start %s: %v", part.Name, err)
			}
		}
		if part.Stop != nil {
			t.Cleanup(func() {
				if err := part.Stop(context.WithoutCancel(t.Context())); err != nil {
					t.Errorf("stop %s: %v", part.Name, err)
				}
			})
		}
	}
}

// Publish tells of changes of entities as the catalog does, and waits until these consumers have taken them in.
func (b *Bench) Publish(t testing.TB, changes []entityindex.Change, consumers ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Timeout)
	defer cancel()
	var receipt events.Receipt
	err := pgx.BeginFunc(ctx, b.Pool, func(tx pgx.Tx) error {
		var all []events.Event
		for _, change := range changes {
			event, err := entityindex.NewEvent(change)
			if err != nil {
				return err
			}
			all = append(all, event)
		}
		var err error
		receipt, err = events.Append(ctx, tx, all...)
		return err
	})
	if err != nil {
		t.Fatalf("publish entities: %v", err)
	}
	if len(consumers) == 0 {
		if _, err := b.Log.Settled(ctx, receipt); err != nil {
			t.Fatalf("wait for the relay: %v", err)
		}
		return
	}
	if err := b.Log.WaitApplied(ctx, entityindex.Topic, receipt, consumers...); err != nil {
		t.Fatalf("wait for %v: %v", consumers, err)
	}
}

// Added are the changes that add these entities.
func Added(entities ...entityindex.Entity) []entityindex.Change {
	changes := make([]entityindex.Change, len(entities))
	for i := range entities {
		changes[i] = entityindex.Change{Entity: &entities[i]}
	}
	return changes
}

// Component is an entity with this name, whose id is "id-" and the name, and with these annotations, given in pairs.
func Component(name string, annotations ...string) entityindex.Entity {
	entity := entityindex.Entity{
		ID: "id-" + name, Ref: "component:default/" + name, Kind: "Component", Namespace: "default", Name: name,
		Annotations: map[string]string{}, Labels: map[string]string{},
	}
	for i := 0; i+1 < len(annotations); i += 2 {
		entity.Annotations[annotations[i]] = annotations[i+1]
	}
	return entity
}

// Restricted is the entity with the label by which the policies of [Decider] hide it from viewers.
func Restricted(entity entityindex.Entity) entityindex.Entity {
	labels := map[string]string{"visibility": "restricted"}
	for key, value := range entity.Labels {
		labels[key] = value
	}
	entity.Labels = labels
	return entity
}

// The policies of [Decider].
const (
	rules = `p, role:default/admin, catalog-entity, read, allow
p, role:default/admin, scaffolder-template, read, allow
p, role:default/admin, scaffolder-action, use, allow
p, role:default/admin, scaffolder.task.create, create, allow
p, role:default/admin, scaffolder.task.read, read, allow
p, role:default/admin, scaffolder.task.cancel, use, allow
p, role:default/admin, catalog.location.create, create, allow
p, role:default/admin, kubernetes.clusters.read, read, allow
p, role:default/admin, kubernetes.resources.read, read, allow
p, role:default/viewer, kubernetes.resources.read, read, allow
`
	conditions = `---
result: CONDITIONAL
roleEntityRef: role:default/viewer
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions:
  not:
    rule: HAS_LABEL
    resourceType: catalog-entity
    params: {label: visibility, value: restricted}
`
)

// Decider decides by policies in which an admin may do everything, a viewer reads the entities without the label
// visibility=restricted and their workloads, and a stranger nothing.
func Decider(t testing.TB) *authz.Authorizer {
	t.Helper()
	policies, err := authz.Parse(strings.NewReader(rules), strings.NewReader(conditions))
	if err != nil {
		t.Fatalf("read the policies: %v", err)
	}
	return authz.New(policies)
}

// principalHeader carries who a test's request is from.
const principalHeader = "X-Test-Role"

// Authenticate takes the role of a request's principal from a header that [Client] sets; without it there is nobody.
func Authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if role := r.Header.Get(principalHeader); role != "" {
			principal := auth.NewPrincipal(auth.Principal{Subject: "user:default/" + role, Roles: []string{role}})
			r = r.WithContext(auth.NewContext(r.Context(), principal))
		}
		next.ServeHTTP(w, r)
	})
}

// Client asks a subgraph as the user of a role, "user:default/<role>".
type Client struct {
	server *httptest.Server
	role   string
}

// Serve serves the handler until the test ends.
func Serve(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// As is a client of the server with this role.
func As(server *httptest.Server, role string) Client { return Client{server, role} }

// Answer is a GraphQL response.
type Answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// Codes are the codes of the answer's errors.
func (a Answer) Codes() []string {
	codes := make([]string, len(a.Errors))
	for i, e := range a.Errors {
		codes[i], _ = e.Extensions["code"].(string)
	}
	return codes
}

// Ask sends an operation.
func (c Client) Ask(t testing.TB, document string, variables map[string]any) Answer {
	t.Helper()
	response := c.send(t.Context(), t, document, variables, "application/json")
	defer response.Body.Close()
	var answer Answer
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("read the answer (status %d): %v", response.StatusCode, err)
	}
	return answer
}

// Data sends an operation that must be answered without errors, and gives its data as compact JSON.
func (c Client) Data(t testing.TB, document string, variables map[string]any) string {
	t.Helper()
	answer := c.Ask(t, document, variables)
	if len(answer.Errors) > 0 {
		t.Fatalf("errors: %+v\nin %s", answer.Errors, document)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, answer.Data); err != nil {
		t.Fatal(err)
	}
	return compact.String()
}

// Follow starts a subscription over server-sent events. Its answers come out of the channel, which is closed when the
// subscription completes.
func (c Client) Follow(t testing.TB, document string, variables map[string]any) <-chan Answer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	response := c.send(ctx, t, document, variables, "text/event-stream")
	answers := make(chan Answer)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(answers)
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			text, ok := strings.CutPrefix(lines.Text(), "data: ")
			var answer Answer
			if !ok || json.Unmarshal([]byte(text), &answer) != nil {
				continue
			}
			select {
			case answers <- answer:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return answers
}

// Next is the subscription's next answer; a test that waits too long for it fails.
func Next(t testing.TB, answers <-chan Answer) Answer {
	t.Helper()
	select {
	case answer, ok := <-answers:
		if !ok {
			t.Fatal("the subscription has ended")
		}
		return answer
	case <-time.After(Timeout):
		t.Fatal("no answer came")
	}
	return Answer{}
}

func (c Client) send(ctx context.Context, t testing.TB, document string, variables map[string]any, accept string) *http.Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.server.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accept)
	if c.role != "" {
		request.Header.Set(principalHeader, c.role)
	}
	response, err := c.server.Client().Do(request)
	if err != nil {
		t.Fatalf("ask the subgraph: %v", err)
	}
	return response
}
