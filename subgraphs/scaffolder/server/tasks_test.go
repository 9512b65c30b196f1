package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devportal.internal/graph/graphtest"
	"devportal.internal/graph/relay"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/postgres"
	scaffolderpg "devportal.internal/subgraphs/scaffolder/postgres"
)

const cancelDocument = `mutation($id: ID!) { cancelTask(input: {id: $id}) { task { status steps { id status } } userErrors { code path } } }`

func TestATaskCanBeStopped(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := open(t, written("slow", folder, step("debug:wait", `{"minutes": 9}`)+`,{"id": "after", "action": "debug:log", "if": "${{ always() }}"}`))
	id := p.start(t, map[string]any{"template": "template:default/slow", "secrets": map[string]any{"KEY": "canary"}})
	live := graphtest.As(p.server, "admin").Follow(t, eventsDocument, map[string]any{"id": id})
	for {
		if strings.Contains(string(graphtest.Next(t, live).Data), "waiting for") {
			break
		}
	}
	admin := graphtest.As(p.server, "admin")
	want := `{"cancelTask":{"task":{"status":"CANCELLED","steps":[{"id":"s14","status":"CANCELLED"},{"id":"after","status":"CANCELLED"}]},"userErrors":[]}}`
	if got := admin.Data(t, cancelDocument, map[string]any{"id": id}); got != want {
		t.Errorf("stopping gives %s, want %s", got, want)
	}
	if last := graphtest.Next(t, live); !strings.Contains(string(last.Data), `"CANCELLED"`) {
		t.Errorf("the last event is %s", last.Data)
	}
	if _, more := <-live; more {
		t.Error("the events go on after the task was stopped")
	}
	want = `{"cancelTask":{"task":null,"userErrors":[{"code":"TASK_ENDED","path":["input","id"]}]}}`
	if got := admin.Data(t, cancelDocument, map[string]any{"id": id}); got != want {
		t.Errorf("stopping again gives %s, want %s", got, want)
	}
	eventually(t, "no workspace is left", func() bool { left, _ := os.ReadDir(p.work); return len(left) == 0 })
	if dump := p.dump(t); strings.Contains(dump, `"secrets": "`) {
		t.Errorf("secrets are left: %s", dump)
	}
}

func TestTasksThatHaveEndedForgetWhoStartedThem(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := open(t, written("quick", folder, step("debug:log", `{"message": "hello"}`)), written("slow", folder, step("debug:wait", `{"minutes": 9}`)))
	quick := p.start(t, map[string]any{"template": "template:default/quick"})
	before, _ := p.ended(t, quick)
	slow := p.start(t, map[string]any{"template": "template:default/slow"})
	ended, running, err := scaffolderpg.Forget(t.Context(), p.bench.Pool, before.CreatedBy)
	if ended != 1 || running != 1 || err != nil {
		t.Errorf("%d have ended, %d run, %v", ended, running, err)
	}
	if after, _ := p.ended(t, quick); after.CreatedBy != auth.Erased || after.Status != "COMPLETED" {
		t.Errorf("the task is now %+v", after)
	}
	graphtest.As(p.server, "admin").Data(t, cancelDocument, map[string]any{"id": slow})
	if ended, running, err = scaffolderpg.Forget(t.Context(), p.bench.Pool, before.CreatedBy); ended != 1 || running != 0 || err != nil {
		t.Errorf("once the other has ended too: %d have ended, %d run, %v", ended, running, err)
	}
	var left int
	err = p.bench.Pool.QueryRow(t.Context(), `SELECT count(*) FROM scaffolder.tasks t WHERE t::text LIKE '%' || $1 || '%'`, before.CreatedBy).Scan(&left)
	if left != 0 || err != nil {
		t.Errorf("%d tasks still know %s, %v", left, before.CreatedBy, err)
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(graphtest.Timeout)
	defer deadline.Stop()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatalf("it never holds that %s", what)
		case <-ticker.C:
		}
	}
}

func TestADryRunShowsWhatItWouldDo(t *testing.T) {
	t.Parallel()
	p := open(t)
	got, events := p.ended(t, p.start(t, map[string]any{"template": "template:default/node-service", "dryRun": true, "parameters": map[string]any{
		"name": "gift-cards", "owner": "group:default/checkout-team",
	}}))
	if got.Status != "COMPLETED" || strings.Contains(got.statuses(), "SKIPPED=") {
		t.Fatalf("the task is %s: %s\n%+v", got.Status, got.Error, events)
	}
	files := map[string]string{}
	for _, file := range got.Output.Files {
		files[file.Path] = *file.Content
	}
	if len(files) != 8 || !strings.Contains(files["catalog-info.yaml"], `name: "gift-cards"`) {
		t.Errorf("files %v", files)
	}
	if links := got.Output.Links; len(links) != 2 || links[1].EntityRef != "component:default/gift-cards" || got.Output.Entity != nil {
		t.Errorf("output %+v", got.Output)
	}
	if _, err := os.Stat(filepath.Join(p.repos, "gift-cards.git")); err == nil || len(p.catalog.registered) > 0 {
		t.Error("the dry run had effects")
	}
}

func TestStepsFollowTheirConditions(t *testing.T) {
	t.Parallel()
	p := open(t, written("conditions", t.TempDir(), strings.Join([]string{
		`{"id": "number", "action": "debug:log", "if": "${{ 0 }}"}`,
		`{"id": "empty", "action": "debug:log", "if": "${{ parameters.list }}"}`,
		`{"id": "missing", "action": "debug:log", "if": "${{ parameters.nothing }}"}`,
		`{"id": "literal", "action": "debug:log", "if": true}`,
		`{"id": "early", "action": "debug:log", "if": "${{ failure() }}"}`,
		`{"id": "broken", "action": "debug:log", "if": "${{ a || b }}"}`,
		`{"id": "plain", "action": "debug:log"}`,
		`{"id": "sorry", "action": "debug:log", "if": "${{ failure() and parameters.wanted }}"}`,
		`{"id": "always", "action": "debug:log", "if": "${{ always() }}"}`,
	}, ",")))
	got, _ := p.ended(t, p.start(t, map[string]any{"template": "template:default/conditions", "parameters": map[string]any{"list": []any{}, "wanted": true}}))
	want := "number=SKIPPED empty=SKIPPED missing=SKIPPED literal=COMPLETED early=SKIPPED broken=FAILED plain=SKIPPED sorry=COMPLETED always=COMPLETED"
	if got.Status != "FAILED" || got.statuses() != want || !strings.Contains(got.Error, "broken") {
		t.Errorf("the task is %s: %s\n%s, want\n%s", got.Status, got.Error, got.statuses(), want)
	}
}

func TestStartTaskSaysWhatToCorrect(t *testing.T) {
	t.Parallel()
	p := open(t, written("unknown", t.TempDir(), step("publish:nowhere", `{}`)), graphtest.Restricted(written("hidden", t.TempDir(), step("debug:log", `{}`))))
	tests := map[string]struct {
		input map[string]any
		want  string
	}{
		"a port that is too large": {
			map[string]any{"template": "Template:node-service", "parameters": map[string]any{"name": "a-b-c", "owner": "x", "port": 70000}},
			`{"code":"FIELD_INVALID","message":"maximum: got 70,000, want 65,535","path":["input","parameters","port"]}`,
		},
		"a template that is not there": {map[string]any{"template": "template:default/none"}, `{"code":"TEMPLATE_NOT_FOUND"`},
		"an entity that is none":       {map[string]any{"template": "component:default/open"}, `{"code":"TEMPLATE_NOT_FOUND"`},
		"an action that is not there":  {map[string]any{"template": "template:default/unknown"}, `{"code":"ACTION_UNKNOWN"`},
		"parameters that are no object": {
			map[string]any{"template": "template:default/node-service", "parameters": "x"},
			`{"code":"INPUT_INVALID","message":"the parameters are a JSON object","path":["input","parameters"]}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := graphtest.As(p.server, "admin").Data(t, startDocument, map[string]any{"input": tt.input})
			if !strings.Contains(got, `{"startTask":{"task":null,"userErrors":[`+tt.want) {
				t.Errorf("starting gives %s, want %s", got, tt.want)
			}
		})
	}
	for role, want := range map[string]string{"viewer": "FORBIDDEN", "stranger": "FORBIDDEN", "": "UNAUTHENTICATED"} {
		answer := graphtest.As(p.server, role).Ask(t, startDocument, map[string]any{"input": map[string]any{"template": "template:default/hidden"}})
		if codes := answer.Codes(); len(codes) != 1 || codes[0] != want {
			t.Errorf("as %q: %v, want %s", role, codes, want)
		}
	}
}

func TestWhatOneMayNotSeeDoesNotExist(t *testing.T) {
	t.Parallel()
	p := open(t, graphtest.Restricted(written("hidden", t.TempDir(), step("debug:log", `{}`))))
	id := p.start(t, map[string]any{"template": "template:default/hidden"})
	p.events(t, id, "")
	viewer, admin := graphtest.As(p.server, "viewer"), graphtest.As(p.server, "admin")
	const templates = `{ scaffolderTemplates { totalCount nodes { ref parameters steps { id } } } scaffolderTemplate(ref: "template:hidden") { ref } }`
	got := viewer.Data(t, templates, nil)
	if !strings.Contains(got, `"totalCount":3`) || strings.Contains(got, "hidden") || !strings.Contains(got, `"scaffolderTemplate":null`) ||
		strings.Count(got, `"parameters":[],"steps":[]`) != 3 {
		t.Errorf("a viewer sees %s", got)
	}
	if got := admin.Data(t, templates, nil); !strings.Contains(got, `"totalCount":4`) || !strings.Contains(got, `"scaffolderTemplate":{"ref":"template:default/hidden"}`) ||
		strings.Contains(got, `"steps":[]`) {
		t.Errorf("an admin sees %s", got)
	}
	if got := viewer.Data(t, `query($id: ID!) { scaffolderTask(id: $id) { status } }`, map[string]any{"id": id}); got != `{"scaffolderTask":null}` {
		t.Errorf("a viewer sees the task: %s", got)
	}
	const byID = `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on ScaffolderTask { status } } }`
	reps := map[string]any{"reps": []any{map[string]any{"__typename": "ScaffolderTask", "id": id}, map[string]any{"__typename": "ScaffolderTask", "id": "x"}}}
	if got := viewer.Data(t, byID, reps); got != `{"_entities":[null,null]}` {
		t.Errorf("by id a viewer sees %s", got)
	}
	if got := admin.Data(t, byID, reps); got != `{"_entities":[{"status":"COMPLETED"},null]}` {
		t.Errorf("by id an admin sees %s", got)
	}
	if answer := graphtest.Next(t, viewer.Follow(t, eventsDocument, map[string]any{"id": id})); len(answer.Codes()) != 1 || answer.Codes()[0] != "NOT_FOUND" {
		t.Errorf("a viewer's subscription ends with %v", answer.Codes())
	}
	if answer := graphtest.Next(t, admin.Follow(t, eventsDocument, map[string]any{"id": id, "after": "x"})); len(answer.Codes()) != 1 || answer.Codes()[0] != "CURSOR_INVALID" {
		t.Errorf("a wrong cursor gives %v", answer.Codes())
	}
}

func TestAPageTakesTheSameStatementsWhateverItsSize(t *testing.T) {
	t.Parallel()
	p := open(t)
	for i := range 6 {
		id := p.start(t, map[string]any{"template": "template:default/node-service", "dryRun": true, "parameters": map[string]any{
			"name": fmt.Sprintf("gift-%d", i), "owner": "group:default/checkout-team",
		}})
		p.events(t, id, "")
	}
	const document = `query($first: Int) { scaffolderTasks(first: $first, status: [COMPLETED]) { totalCount pageInfo { hasNextPage endCursor }
		nodes { id template { ref steps { id } } steps { id status } output { entity { id } } } } scaffolderTemplates(first: $first) { nodes { ref steps { id } } } }`
	counts := map[int]int{}
	for _, first := range []int{1, 5} {
		body := fmt.Sprintf(`{"query": %q, "variables": {"first": %d}}`, document, first)
		counted, answer := p.count(t, body)
		counts[first] = counted
		if got := strings.Count(answer, `"steps":[{"id":"log","status"`); got != first {
			t.Errorf("a page of %d shows %d tasks: %s", first, got, answer)
		}
	}
	if counts[1] != counts[5] || counts[1] == 0 {
		t.Errorf("statements by page size: %v", counts)
	}
	var page struct {
		ScaffolderTasks struct {
			PageInfo struct{ EndCursor string }
			Nodes    []struct{ ID string }
		}
	}
	seen := map[string]bool{}
	const list = `query($after: String) { scaffolderTasks(first: 4, after: $after) { pageInfo { endCursor } nodes { id } } }`
	for range 2 {
		text := graphtest.As(p.server, "admin").Data(t, list, map[string]any{"after": page.ScaffolderTasks.PageInfo.EndCursor})
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(err)
		}
		for _, node := range page.ScaffolderTasks.Nodes {
			seen[node.ID] = true
			if _, err := relay.DecodeIDOf("ScaffolderTask", node.ID); err != nil {
				t.Error(err)
			}
		}
	}
	if len(seen) != 6 {
		t.Errorf("two pages show %d tasks, want 6", len(seen))
	}
}

// count asks in this process and gives how many statements that took.
func (p *portal) count(t *testing.T, body string) (int, string) {
	t.Helper()
	ctx, statements := postgres.CountStatements(auth.NewContext(t.Context(), auth.NewPrincipal(auth.Principal{Subject: "user:default/admin", Roles: []string{"admin"}})))
	request := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Test-Role", "admin")
	response := httptest.NewRecorder()
	p.server.Config.Handler.ServeHTTP(response, request)
	return statements.Count(), response.Body.String()
}
