package server_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	graphserver "devportal.internal/graph/server"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/events"
	"devportal.internal/internal/policy"
	"devportal.internal/internal/postgres"
	"devportal.internal/internal/postgres/postgrestest"
	portalpostgres "devportal.internal/subgraphs/portal/postgres"
	"devportal.internal/subgraphs/portal/server"
)

// administered runs the portal subgraph over policies that can be changed.
func administered(t *testing.T, entities ...entityindex.Entity) (http.Handler, *audit.Log) {
	t.Helper()
	pool := postgrestest.New(t, postgres.Migrations{Schema: "events", Files: events.Migrations()}, audit.Migrations(),
		policy.Migrations(), portalpostgres.Migrations())
	index(t, pool, entities...)
	quiet := slog.New(slog.DiscardHandler)
	memory, access := audit.Open(pool, audit.Options{Logger: quiet}), authz.New(authz.BuiltIn())
	policies := policy.Open(pool, memory, access, policy.Options{Logger: quiet})
	d := authz.BuiltInDocument()
	d.Bindings = []authz.Binding{{Member: "group:default/ops", Role: "role:default/admin"}}
	if _, err := policies.Import(t.Context(), d, "", "imported"); err != nil {
		t.Fatal(err)
	}
	if err := policies.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	log := events.Open(pool, events.Settings{})
	t.Cleanup(log.Close)
	s, err := server.New(server.Deps{
		Pool: pool, Log: log, Rights: access, Policies: policies, Memory: memory, Authenticate: byHeader, Logger: quiet,
		Serve: graphserver.Options{Audit: memory},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handler(), memory
}

func index(t *testing.T, pool *pgxpool.Pool, entities ...entityindex.Entity) {
	t.Helper()
	var all []events.Event
	for _, e := range entities {
		event, err := entityindex.NewEvent(entityindex.Change{Entity: &e})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, event)
	}
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := entityindex.New("portal").Apply(t.Context(), tx, all); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func organisation() []entityindex.Entity {
	user := func(name, spec string) entityindex.Entity {
		return entityindex.Entity{ID: name, Ref: "user:default/" + name, Kind: "User", Namespace: "default", Name: name, Spec: json.RawMessage(spec)}
	}
	return []entityindex.Entity{
		user("ada", `{"memberOf": ["ops"]}`), user("vera", `{}`),
		{
			ID: "c1", Ref: "component:default/a", Kind: "Component", Namespace: "default", Name: "a",
			Labels: map[string]string{"visibility": "restricted"},
		},
	}
}

const update = `mutation($input: UpdatePolicyInput!) { updatePolicy(input: $input) {
	policy { version author reason current bindings { nodes { member role } totalCount } }
	gains { user permission before after } losses { user } changes { user conditionsAfter } differenceCount
	userErrors { code path }
} }`

func TestAnAdminChangesPolicies(t *testing.T) {
	t.Parallel()
	handler, memory := administered(t, organisation()...)
	input := map[string]any{"version": 1, "reason": "vera joins", "bind": []any{map[string]any{"member": "User:Vera", "role": "viewer"}}}
	with := func(changes map[string]any) map[string]any {
		out := map[string]any{}
		for name, value := range input {
			out[name] = value
		}
		for name, value := range changes {
			out[name] = value
		}
		return map[string]any{"input": out}
	}
	expect := func(role string, variables map[string]any, wants ...string) {
		t.Helper()
		got := ask(t, handler, role, update, variables)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
	}
	expect("viewer", with(nil), `"code":"FORBIDDEN"`, `"updatePolicy":null`)
	expect("admin", with(map[string]any{"dryRun": true}), `"policy":null`,
		`{"user":"user:default/vera","permission":"catalog.entity.read","before":"DENY","after":"ALLOW"}`, `"userErrors":[]`)
	expect("admin", with(map[string]any{"version": 9}), `"code":"POLICY_CHANGED","path":["input","version"]`)
	expect("admin", with(map[string]any{"unbind": []any{map[string]any{"member": "group:ops", "role": "admin"}}}), `"code":"LAST_ADMIN"`)
	expect("admin", with(map[string]any{"rules": "nonsense"}), `"code":"POLICY_INVALID"`)
	expect("admin", with(nil), `"version":2,"author":"user:default/jane","reason":"vera joins","current":true`,
		`{"member":"user:default/vera","role":"role:default/viewer"}`, `"totalCount":2`, `"losses":[]`)
	if err := memory.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := ask(t, handler, "admin", `{ policies { totalCount nodes { version current author } } auditEvents(filter: {kinds: [POLICY], person: "user:default/vera"}) {
		totalCount nodes { kind action outcome actor facts { name value } } } }`, nil)
	for _, want := range []string{
		`"policies":{"totalCount":2,"nodes":[{"version":2,"current":true,"author":"user:default/jane"},{"version":1,"current":false,"author":null}]}`,
		`"auditEvents":{"totalCount":1,"nodes":[{"kind":"POLICY","action":"updatePolicy","outcome":"DONE","actor":"user:default/jane"`,
		`{"name":"bound","value":"user:default/vera role:default/viewer"}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
	for _, document := range []string{`{ policies { totalCount } }`, `{ auditEvents { totalCount } }`, `{ explainAccess(permission: "docs.read", user: "user:vera") { summary } }`} {
		if got := ask(t, handler, "developer", document, nil); !strings.Contains(got, `"code":"FORBIDDEN"`) {
			t.Errorf("%s was answered to a developer: %s", document, got)
		}
	}
}

func TestAnAdminLearnsWhySomebodyMay(t *testing.T) {
	t.Parallel()
	handler, _ := administered(t, organisation()...)
	restrict := map[string]any{"input": map[string]any{
		"version": 1, "reason": "restrict", "bind": []any{map[string]any{"member": "user:vera", "role": "viewer"}},
		"conditions": strings.Replace(restricted, "\n", "", 1),
	}}
	if got := ask(t, handler, "admin", update, restrict); !strings.Contains(got, `"userErrors":[]`) {
		t.Fatal(got)
	}
	for name, test := range map[string]struct{ arguments, want string }{
		"by a rule": {
			`permission: "policy.entity.update", user: "user:ada"`,
			`"effect":"ALLOW","allowed":true,"summary":"user:default/ada may: p, role:default/admin, *, *, allow."`,
		},
		"by a binding of their group": {
			`permission: "policy.entity.update", user: "user:ada"`, `"from":["the binding of group:default/ops"]`,
		},
		"may not, by a condition": {
			`permission: "docs.read", resource: "component:default/a", user: "user:vera", roles: []`, `"effect":"ALLOW"`,
		},
		"not, for this thing": {
			`permission: "catalog.entity.read", resource: "component:default/a", user: "user:vera"`,
			`"allowed":false,"summary":"user:default/vera may not: this does not hold: not(HAS_LABEL label=visibility value=\"restricted\")."`,
		},
		"not without a role":    {`permission: "docs.read", user: "user:noone"`, `"summary":"user:default/noone may not: they have no role."`},
		"not what no rule says": {`permission: "cost.import", user: "user:vera"`, `no rule of their roles speaks of`},
		"about no permission":   {`permission: "x", user: "user:vera"`, `"code":"UNKNOWN_PERMISSION"`},
		"about no entity":       {`permission: "docs.read", resource: "component:default/none", user: "user:vera"`, `"code":"ENTITY_NOT_FOUND"`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask(t, handler, "admin", `{ explainAccess(`+test.arguments+`) {
				effect allowed summary decidedBy roles { role from } rulings { role rule effect holds decisive } } }`, nil)
			// The condition's own quotes are escaped in the answer.
			if !strings.Contains(got, strings.ReplaceAll(test.want, `value="restricted"`, `value=\"restricted\"`)) {
				t.Errorf("%s is not in %s", test.want, got)
			}
		})
	}
}

func TestEveryMutationAndEveryRefusalIsRemembered(t *testing.T) {
	t.Parallel()
	handler, memory := administered(t, organisation()...)
	const secret = "a reason that nobody else has to know"
	input := map[string]any{"version": 1, "reason": secret, "bind": []any{map[string]any{"member": "user:vera", "role": "viewer"}}}
	ask(t, handler, "viewer", update, map[string]any{"input": input})
	ask(t, handler, "admin", update, map[string]any{"input": input})
	ask(t, handler, "admin", update, map[string]any{"input": input}) // the version is another now
	for range 20 {
		ask(t, handler, "viewer", `{ policies { totalCount } auditEvents { totalCount } }`, nil)
	}
	if err := memory.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	told, err := memory.Oldest(t.Context(), audit.Filter{Kinds: []audit.Kind{audit.Mutation, audit.Denied}}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range told {
		got = append(got, strings.Join([]string{string(r.Kind), r.Action, string(r.Outcome), r.Code, r.Fact(audit.FactActor)}, " "))
		for _, f := range r.Facts {
			if strings.Contains(f.Value, secret) {
				t.Errorf("the input is in %+v", r)
			}
		}
	}
	slices.Sort(got) // refusals are written when there is time
	want := []string{
		"denied auditEvents refused FORBIDDEN user:default/jane",
		"denied policies refused FORBIDDEN user:default/jane",
		"denied updatePolicy refused FORBIDDEN user:default/jane",
		"mutation updatePolicy done  user:default/jane",
		"mutation updatePolicy refused FORBIDDEN user:default/jane",
		"mutation updatePolicy refused POLICY_CHANGED user:default/jane",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("remembered (-want +got):\n%s", diff)
	}
	if _, err := memory.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
