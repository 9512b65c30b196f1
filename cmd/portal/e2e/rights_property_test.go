package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestWhatMayNotBeReadDoesNotExist draws roles with random policies and asks random operations of everything, as users of
// these roles: nothing of what a role may not read is in any byte of an answer, and everything else is where an Admin sees
// it. RIGHTS_SEED repeats a run, RIGHTS_OPERATIONS says how many operations each role asks.
func TestWhatMayNotBeReadDoesNotExist(t *testing.T) {
	t.Parallel()
	seed := number(t, "RIGHTS_SEED", rand.Uint64())
	t.Logf("RIGHTS_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := &rightsWorld{examples: markExamples(t), schema: apiSchema(t)}
	w.start(t, r)
	for i, o := range w.roles {
		t.Run(o.name, func(t *testing.T) {
			w.checkThings(t, o)
			w.checkLookups(t, o)
			w.checkCosts(t, o)
			w.checkPages(t, o)
			w.checkOperations(t, o, rand.New(rand.NewPCG(seed, uint64(i)+1)), int(number(t, "RIGHTS_OPERATIONS", 25)))
		})
	}
	t.Logf("%d operations, %d with data", w.asked, w.answered)
	if w.answered < w.asked/2 {
		t.Errorf("only %d of %d operations had data", w.answered, w.asked)
	}
}

func number(t *testing.T, variable string, otherwise uint64) uint64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const drawnRoles = 12

// rightsWorld is a portal over marked examples, all that is in it, and roles.
type rightsWorld struct {
	examples *marked
	schema   *ast.Schema
	admin    client
	things   map[string]*thing
	ordered  []*thing
	roles    []*role
	tasks    []string // ids

	asked, answered int
}

func (w *rightsWorld) start(t *testing.T, r *rand.Rand) {
	t.Helper()
	data := t.TempDir()
	listen, admin := freeAddress(t), freeAddress(t)
	p := launch(t, "serve", "--listen", listen, "--admin-listen", admin, "--data", data, "--config", filepath.Join(w.examples.folder, "portal.yaml"),
		"--file-roots", w.examples.folder)
	p.listen, p.admin = listen, admin
	p.awaitReady()
	at := place{client{listen: p.listen}, data, tokens("--data", data)}
	w.admin = client{p.listen, at.token(t, "user:default/an.admin", "admin")}
	at.awaitEverything(t)
	w.things = w.admin.things(t)
	for _, ref := range slices.Sorted(maps.Keys(w.things)) {
		w.ordered = append(w.ordered, w.things[ref])
	}
	if len(w.things) < 60 || len(w.examples.marks) < 60 {
		t.Fatalf("%d entities, %d marks", len(w.things), len(w.examples.marks))
	}
	for n, ref := range []string{w.ordered[r.IntN(len(w.ordered))].Ref, "group:default/checkout-team"} {
		input := nodeService(fmt.Sprintf("drawn-service-%d", n))
		input["dryRun"] = true
		if parameters, ok := input["parameters"].(map[string]any); ok {
			parameters["description"] = ref
		}
		creator := client{p.listen, at.token(t, "user:default/mei.tanaka", "developer")}
		started := startTask(t, creator, input)
		if started.StartTask.Task == nil {
			t.Fatalf("no task is started: %+v", started.StartTask)
		}
		w.tasks = append(w.tasks, started.StartTask.Task.ID)
	}
	w.roles = drawRoles(r, drawnRoles, w.ordered)
	rules, conditions := policies(t, w.roles)
	var before struct {
		Policies struct {
			Nodes []struct {
				Bindings          struct{ Nodes []map[string]any }
				Rules, Conditions string
				Version           int
			}
		}
	}
	w.admin.data(t, `{ policies(first: 1) { nodes { version rules conditions bindings(first: 100) { nodes { member role } } } } }`, nil, &before)
	current := before.Policies.Nodes[0]
	groups := slices.DeleteFunc(current.Bindings.Nodes, func(b map[string]any) bool { return b["role"] == "role:default/admin" })
	got := w.admin.ask(t, `mutation($input: UpdatePolicyInput!) { updatePolicy(input: $input) { policy { version } userErrors { message } } }`, map[string]any{"input": map[string]any{
		"version": current.Version, "reason": "a test", "rules": current.Rules + "\n" + rules, "conditions": current.Conditions + "\n" + conditions,
		"unbind": groups,
	}})
	if !strings.Contains(string(got.Data), `"policy":{"version":`) {
		t.Fatalf("the policies are refused: %s %v\n%s\n%s", got.Data, got.Errors, rules, conditions)
	}
	var users []*thing
	for _, e := range w.ordered {
		if e.Kind == "User" && e.Ref != "user:default/robin.vale" { // who is bound to the role of an Admin
			users = append(users, e)
		}
	}
	for _, o := range w.roles {
		u := users[r.IntN(len(users))]
		o.user, o.claims = u.Ref, []string{u.Ref}
		for _, group := range u.Relations.Nodes {
			if group.Target != nil {
				o.claims = append(o.claims, group.Target.Ref)
			}
		}
		o.client = client{p.listen, at.token(t, o.user, o.name)}
	}
	w.awaitPolicies(t)
}

// awaitPolicies waits until the portal follows the policies: until a role sees what it may.
func (w *rightsWorld) awaitPolicies(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		for _, o := range w.roles {
			if want := w.count(o); want > 0 {
				if got := o.client.ask(t, `{ entities(first: 1) { totalCount } }`, nil); strings.Contains(string(got.Data), fmt.Sprintf(`"totalCount":%d}`, want)) {
					return
				}
			}
		}
	}
	t.Fatal("the portal does not follow the policies")
}

func (w *rightsWorld) count(o *role) int {
	n := 0
	for _, e := range w.ordered {
		if o.sees("catalog-entity", e) {
			n++
		}
	}
	return n
}

// checkThings compares what the role finds in the list of all entities with what it may see.
func (w *rightsWorld) checkThings(t *testing.T, o *role) {
	t.Helper()
	found := o.client.things(t)
	for _, e := range w.ordered {
		got, sees := found[e.Ref], o.sees("catalog-entity", e)
		if (got != nil) != sees {
			t.Errorf("%s is found: %t, and may be seen: %t (%s)", e.Ref, got != nil, sees, o.explain("catalog-entity"))
		}
		if got == nil || !sees {
			continue
		}
		if want := e.Docs != nil && o.sees("docs-site", e); (got.Docs != nil) != want {
			t.Errorf("the documentation of %s is found: %t, and may be: %t (%s)", e.Ref, got.Docs != nil, want, o.explain("docs-site"))
		}
		if want := e.Cost != nil && o.sees("cost-record", e); (got.Cost != nil) != want {
			t.Errorf("the cost of %s is found: %t, and may be: %t (%s)", e.Ref, got.Cost != nil, want, o.explain("cost-record"))
		}
		if !o.sees("kubernetes-resource", e) {
			if got.Kubernetes != nil && len(got.Kubernetes.Workloads.Nodes) > 0 {
				t.Errorf("workloads of %s are found (%s)", e.Ref, o.explain("kubernetes-resource"))
			}
		} else if diff := cmp.Diff(e.Kubernetes, got.Kubernetes); diff != "" {
			t.Errorf("the workloads of %s (-admin +role):\n%s", e.Ref, diff)
		}
	}
}

// checkLookups asks for each entity by its ref and by its id.
func (w *rightsWorld) checkLookups(t *testing.T, o *role) {
	t.Helper()
	for part := range slices.Chunk(w.ordered, 20) {
		var document strings.Builder
		for i, e := range part {
			fmt.Fprintf(&document, " r%d: entity(ref: %q) { __typename } i%d: node(id: %q) { __typename }", i, e.Ref, i, e.ID)
		}
		got := o.client.ask(t, "{"+document.String()+"}", nil)
		var data map[string]any
		if err := json.Unmarshal(got.Data, &data); err != nil {
			t.Fatalf("%v: %s %v", err, got.Data, got.Errors)
		}
		for i, e := range part {
			sees := o.sees("catalog-entity", e)
			if byRef, byID := data[fmt.Sprint("r", i)] != nil, data[fmt.Sprint("i", i)] != nil; byRef != sees || byID != sees {
				t.Errorf("%s is found by ref: %t, by id: %t, and may be seen: %t (%s)", e.Ref, byRef, byID, sees, o.explain("catalog-entity"))
			}
		}
	}
}

func (o *role) explain(resource string) string {
	var out []string
	for at := o; at != nil; at = at.inherits {
		text, _ := json.Marshal(at.conditions[resource].document(resource))
		out = append(out, fmt.Sprintf("%s: %d %s", at.name, at.grants[resource], text))
	}
	return strings.Join(out, "; ")
}

// checkCosts holds that what is allocated is the sum of what may be seen.
func (w *rightsWorld) checkCosts(t *testing.T, o *role) {
	t.Helper()
	want := new(big.Rat)
	for _, e := range w.ordered {
		if e.Cost != nil && o.sees("cost-record", e) {
			amount, ok := new(big.Rat).SetString(string(e.Cost.Total.Amount))
			if !ok {
				t.Fatalf("the cost of %s is %q", e.Ref, e.Cost.Total.Amount)
			}
			want.Add(want, amount)
		}
	}
	var data struct {
		CostReport *struct{ Allocated struct{ Amount json.Number } }
	}
	got := o.client.ask(t, `{ costReport(last: 30) { allocated { amount } } }`, nil)
	if err := json.Unmarshal(got.Data, &data); err != nil {
		t.Fatalf("%v: %s", err, got.Data)
	}
	have := new(big.Rat)
	if data.CostReport != nil {
		have.SetString(string(data.CostReport.Allocated.Amount))
	}
	if have.Cmp(want) != 0 {
		t.Errorf("%s is allocated of what the role sees, want %s (%s)", have.FloatString(4), want.FloatString(4), o.explain("cost-record"))
	}
}

// checkPages searches for each mark of the documentations.
func (w *rightsWorld) checkPages(t *testing.T, o *role) {
	t.Helper()
	for folder, word := range w.examples.pages {
		want := false
		for ref, site := range w.examples.sites {
			want = want || site == folder && w.things[ref] != nil && o.sees("docs-site", w.things[ref])
		}
		got := o.client.ask(t, `query($text: String!) { searchDocs(text: $text, first: 5) { totalCount nodes { snippet } } }`, map[string]any{"text": word})
		if found := strings.Contains(string(got.Data), `"snippet"`); found != want || !want && strings.Contains(string(got.Data), `"totalCount":`) && !strings.Contains(string(got.Data), `"totalCount":0`) {
			t.Errorf("pages with %s are found: %t, want %t: %s %v (%s)", word, found, want, got.Data, got.Errors, o.explain("docs-site"))
		}
	}
}

// secrets are what the role may not know, by what would give it away.
func (w *rightsWorld) secrets(o *role) map[string]string {
	out := map[string]string{}
	for _, e := range w.ordered {
		if !o.sees("catalog-entity", e) {
			out[e.ID] = e.Ref
			if !slices.Contains(o.claims, e.Ref) { // who one is, one may know
				out[e.Ref] = e.Ref
			}
			if word := w.examples.marks[e.Ref]; word != "" {
				out[word] = e.Ref
			}
		}
		if e.Docs != nil && !o.sees("docs-site", e) {
			out[e.Docs.ID] = "the documentation of " + e.Ref
			out[w.examples.pages[w.examples.sites[e.Ref]]] = "a page of " + e.Ref
		}
		if e.Kubernetes != nil && !o.sees("kubernetes-resource", e) {
			for _, workload := range e.Kubernetes.Workloads.Nodes {
				out[workload.ID] = "a workload of " + e.Ref
			}
		}
	}
	for ref, site := range w.examples.sites { // one site may be of several entities
		if e := w.things[ref]; e != nil && o.sees("docs-site", e) {
			delete(out, w.examples.pages[site])
		}
	}
	delete(out, "")
	return out
}

var refPattern = regexp.MustCompile(`(?i)[a-z]+:[a-z0-9_.-]+/[a-z0-9_.-]*[a-z0-9]`)

func (w *rightsWorld) checkOperations(t *testing.T, o *role, r *rand.Rand, n int) {
	t.Helper()
	secrets := w.secrets(o)
	draw := &operations{schema: w.schema, rand: r, texts: []string{"a", "first page", "service", "default", "production", "memberOf", "ownedBy", "index.md", ""}}
	for _, e := range w.ordered {
		draw.refs, draw.ids, draw.texts = append(draw.refs, e.Ref), append(draw.ids, e.ID), append(draw.texts, w.examples.marks[e.Ref], e.Name)
		if e.Docs != nil {
			draw.ids = append(draw.ids, e.Docs.ID)
		}
		if e.Kubernetes != nil {
			for _, workload := range e.Kubernetes.Workloads.Nodes {
				draw.ids = append(draw.ids, workload.ID)
			}
		}
	}
	draw.ids = append(draw.ids, w.tasks...)
	documents := []string{
		`{ scaffolderTemplates(first: 50) { nodes { ref title parameters secretsSchema steps { name } entity { ref spec } } }
			scaffolderTasks(first: 50) { nodes { templateRef createdBy parameters error template { ref } output { links { entityRef } entity { ref } } } } }`,
		`{ workloads(first: 50) { nodes { id name entity { ref title } } } costReport(last: 30) { entities(first: 50) { nodes { entity { ref title } } } }
			catalogLocations(first: 50) { nodes { target errors { message } entities(first: 50) { totalCount nodes { ref } } } } }`,
		`{ entities(first: 50) { nodes { ref spec annotations { value } relations(first: 50) { nodes { type target { ref title } } } owners { ref } } } }`,
	}
	for range n {
		documents = append(documents, draw.draw())
	}
	for _, document := range documents {
		w.mustNotTell(t, o, secrets, document)
		if t.Failed() {
			t.Log(o.explain("catalog-entity"))
			return
		}
	}
}

// mustNotTell asks for something and looks for secrets in the answer that are not in the question.
func (w *rightsWorld) mustNotTell(t *testing.T, o *role, secrets map[string]string, document string) {
	t.Helper()
	got, err := o.client.try(t.Context(), document, nil)
	if err != nil {
		t.Fatalf("%s\n%v", document, err)
	}
	w.asked++
	if len(got.Data) > 20 {
		w.answered++
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for secret := range secrets {
		told[secret] = !strings.Contains(secret, "/") && strings.Contains(string(text), secret)
	}
	for _, ref := range refPattern.FindAllString(string(text), -1) {
		told[strings.ToLower(ref)] = true
	}
	for secret, of := range secrets {
		if told[secret] && !strings.Contains(document, secret) {
			t.Errorf("%s (%s) is told to %s by\n%s\n%.3000s", of, secret, o.user, document, text)
		}
	}
}
