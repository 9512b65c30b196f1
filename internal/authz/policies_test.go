package authz_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/fault"
)

func parse(t testing.TB, csv, conditions string) *authz.Policies {
	t.Helper()
	p, err := authz.Parse(strings.NewReader(csv), strings.NewReader(conditions))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func user(name string, roles ...string) auth.Principal {
	return auth.NewPrincipal(auth.Principal{Subject: "user:default/" + name, Roles: roles})
}

func decide(t testing.TB, a *authz.Authorizer, p auth.Principal, permission authz.Permission) authz.Decision {
	t.Helper()
	d, err := a.Decide(t.Context(), p, permission)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func outcome(d authz.Decision) string {
	switch {
	case d.Allowed():
		return "allow"
	case d.Denied():
		return "deny"
	default:
		return "where"
	}
}

const conditionForB = `
result: CONDITIONAL
roleEntityRef: role:default/b
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read]
conditions: {rule: IS_ENTITY_KIND, resourceType: catalog-entity, params: {kinds: [API]}}
`

func TestHowGrantsAddUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		csv, conditions string
		roles           []string
		want            string
	}{
		"nothing granted":                     {csv: ``, roles: []string{"a"}, want: "deny"},
		"by resource type":                    {csv: `p, role:default/a, catalog-entity, read, allow`, roles: []string{"a"}, want: "allow"},
		"by name":                             {csv: `p, role:default/a, catalog.entity.read, read, allow`, roles: []string{"a"}, want: "allow"},
		"another action":                      {csv: `p, role:default/a, catalog-entity, delete, allow`, roles: []string{"a"}, want: "deny"},
		"another role":                        {csv: `p, role:default/b, catalog-entity, read, allow`, roles: []string{"a"}, want: "deny"},
		"a deny wins in a role":               {csv: "p, role:default/a, catalog-entity, read, allow\np, role:default/a, catalog-entity, read, deny", roles: []string{"a"}, want: "deny"},
		"a deny wins over another role":       {csv: "p, role:default/a, catalog-entity, read, allow\np, role:default/b, catalog-entity, read, deny", roles: []string{"a", "b"}, want: "deny"},
		"a deny wins over a condition":        {csv: "p, role:default/b, catalog-entity, read, deny", conditions: conditionForB, roles: []string{"b"}, want: "deny"},
		"the name goes before the type":       {csv: "p, role:default/a, catalog-entity, read, deny\np, role:default/a, catalog.entity.read, read, allow", roles: []string{"a"}, want: "allow"},
		"a condition alone":                   {conditions: conditionForB, roles: []string{"b"}, want: "where"},
		"a condition in place of its allow":   {csv: "p, role:default/b, catalog-entity, read, allow", conditions: conditionForB, roles: []string{"b"}, want: "where"},
		"another role's allow adds up":        {csv: "p, role:default/a, catalog-entity, read, allow", conditions: conditionForB, roles: []string{"a", "b"}, want: "allow"},
		"inherited":                           {csv: "p, role:default/a, catalog-entity, read, allow\ng, role:default/c, role:default/a", roles: []string{"c"}, want: "allow"},
		"inherited twice":                     {csv: "p, role:default/a, catalog-entity, read, allow\ng, role:default/c, role:default/a\ng, role:default/d, role:default/c", roles: []string{"d"}, want: "allow"},
		"inherited is not the other way":      {csv: "p, role:default/a, catalog-entity, read, allow\ng, role:default/a, role:default/c", roles: []string{"c"}, want: "deny"},
		"an inherited deny wins":              {csv: "p, role:default/c, catalog-entity, read, allow\np, role:default/a, catalog-entity, read, deny\ng, role:default/c, role:default/a", roles: []string{"c"}, want: "deny"},
		"everything":                          {csv: "p, role:default/a, *, *, allow", roles: []string{"a"}, want: "allow"},
		"bound by name":                       {csv: "p, role:default/a, catalog-entity, read, allow\ng, user:default/me, role:default/a", want: "allow"},
		"bound by name in capitals":           {csv: "p, role:default/a, catalog-entity, read, allow\ng, user:default/ME, role:default/a", want: "allow"},
		"somebody else is bound":              {csv: "p, role:default/a, catalog-entity, read, allow\ng, user:default/you, role:default/a", want: "deny"},
		"rules of other plugins are harmless": {csv: "p, role:default/a, argocd.view.read, read, allow", roles: []string{"a"}, want: "deny"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := authz.New(parse(t, test.csv, test.conditions))
			if got := outcome(decide(t, a, user("me", test.roles...), authz.CatalogEntityRead)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestBindingsOfGroups(t *testing.T) {
	t.Parallel()
	a := authz.New(parse(t, "p, role:default/a, catalog-entity, read, allow\ng, group:default/team, role:default/a", ""))
	member := auth.NewPrincipal(auth.Principal{Subject: "user:default/me", Groups: []string{"group:default/team"}})
	if got := outcome(decide(t, a, member, authz.CatalogEntityRead)); got != "allow" {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{"role:default/a"}, a.Roles(t.Context(), member)); diff != "" {
		t.Error(diff)
	}
	if got := outcome(decide(t, a, auth.Principal{}, authz.CatalogEntityRead)); got != "deny" {
		t.Errorf("nobody: %s", got)
	}
}

func TestPermissionsThatBackstageDoesNotKnow(t *testing.T) {
	t.Parallel()
	t.Run("follow the one that covers them while no policy mentions them", func(t *testing.T) {
		t.Parallel()
		a := authz.New(parse(t, "", conditionForB))
		d := decide(t, a, user("me", "b"), authz.DocsRead)
		if outcome(d) != "where" || !d.Matches(authz.Entity{Kind: "API"}) || d.Matches(authz.Entity{Kind: "System"}) {
			t.Errorf("got %s", outcome(d))
		}
	})
	t.Run("stand by themselves once a policy mentions them", func(t *testing.T) {
		t.Parallel()
		a := authz.New(parse(t, "p, role:default/c, docs.read, read, allow", conditionForB))
		if got := outcome(decide(t, a, user("me", "b"), authz.DocsRead)); got != "deny" {
			t.Error(got)
		}
	})
}

func TestReplacedPoliciesCountAtOnce(t *testing.T) {
	t.Parallel()
	a := authz.New(parse(t, "p, role:default/a, catalog-entity, read, allow", ""))
	before, replaced := a.Version(), a.Replaced()
	if got := outcome(decide(t, a, user("me", "a"), authz.CatalogEntityRead)); got != "allow" {
		t.Error(got)
	}
	a.Replace(parse(t, "p, role:default/a, catalog-entity, read, deny", ""))
	if got := outcome(decide(t, a, user("me", "a"), authz.CatalogEntityRead)); got != "deny" || a.Version() == before {
		t.Error(got)
	}
	select {
	case <-replaced:
	default:
		t.Error("nobody was told")
	}
}

func TestBuiltInRoles(t *testing.T) {
	t.Parallel()
	a := authz.New(authz.BuiltIn())
	for role, want := range map[string]map[authz.Permission]string{
		"viewer":    {authz.CatalogEntityRead: "allow", authz.DocsRead: "allow", authz.CatalogLocationCreate: "deny", authz.ScaffolderTaskCreate: "deny", authz.CatalogEntityDelete: "deny", authz.AuditRead: "deny"},
		"developer": {authz.CatalogEntityRead: "allow", authz.CatalogLocationCreate: "allow", authz.ScaffolderTaskCreate: "allow", authz.CatalogEntityDelete: "where", authz.ScaffolderTaskRead: "where", authz.PolicyEntityUpdate: "deny"},
		"admin":     {authz.CatalogEntityRead: "allow", authz.CatalogEntityDelete: "allow", authz.PolicyEntityUpdate: "allow", authz.ScaffolderTaskRead: "allow"},
		"stranger":  {authz.CatalogEntityRead: "deny"},
	} {
		for permission, expected := range want {
			if got := outcome(decide(t, a, user("me", role), permission)); got != expected {
				t.Errorf("%s %s: got %s, want %s", role, permission, got, expected)
			}
		}
	}
	mine := decide(t, a, user("me", "developer"), authz.ScaffolderTaskRead)
	if !mine.MatchesTask("user:default/me") || mine.MatchesTask("user:default/you") {
		t.Error("a developer reads tasks of others, or not their own")
	}
	held, err := a.Permissions(t.Context(), user("me", "viewer"))
	if err != nil {
		t.Fatal(err)
	}
	want := []authz.Permission{
		authz.CatalogEntityRead, authz.CatalogLocationRead, authz.ScaffolderTemplateParameterRead,
		authz.ScaffolderTemplateStepRead, authz.DocsRead, authz.CostRead, authz.KubernetesResourcesRead,
		authz.KubernetesClustersRead,
	}
	if diff := cmp.Diff(want, held); diff != "" {
		t.Error(diff)
	}
}

func TestTheExampleOrganisationsPolicies(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "..", "examples", "access")
	policies, err := authz.Load(authz.Settings{
		Policies:   []string{filepath.Join(folder, "policies.csv")},
		Conditions: []string{filepath.Join(folder, "conditions.yaml")},
		Bindings:   []authz.Binding{{Member: "user:default/guest", Role: "viewer"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := authz.New(policies)
	restricted := authz.Entity{Labels: map[string]string{"visibility": "restricted"}}
	for _, permission := range []authz.Permission{authz.CatalogEntityRead, authz.DocsRead, authz.CostRead} {
		for _, viewer := range []auth.Principal{user("x", "viewer"), user("guest"), user("vera.kowal")} {
			d := decide(t, a, viewer, permission)
			if d.Matches(restricted) || !d.Matches(authz.Entity{}) {
				t.Errorf("%s of %s: %s", permission, viewer.Subject, outcome(d))
			}
		}
		if d := decide(t, a, user("x", "admin"), permission); !d.Allowed() {
			t.Errorf("%s of an admin: %s", permission, outcome(d))
		}
	}
	own := decide(t, a, auth.NewPrincipal(auth.Principal{
		Subject: "user:default/x", Groups: []string{"group:default/payments-team"},
	}), authz.CatalogEntityDelete)
	if !own.Matches(authz.Entity{Owners: []string{"group:default/payments-team"}}) || own.Matches(restricted) {
		t.Errorf("a developer deletes: %s", outcome(own))
	}
}

func TestUnsoundPoliciesAreRefused(t *testing.T) {
	t.Parallel()
	conditional := func(resource, condition string) string {
		return "result: CONDITIONAL\nroleEntityRef: role:default/a\npluginId: x\nresourceType: " + resource +
			"\npermissionMapping: [read]\nconditions: " + condition
	}
	for name, test := range map[string]struct{ csv, conditions, says string }{
		"unknown line":             {csv: "x, a, b", says: "line 1"},
		"short line":               {csv: "p, role:default/a, b, c", says: "line 1"},
		"the third line":           {csv: "p, role:default/a, b, c, allow\n\n# x\np, role:default/a, b, c, maybe", says: "line 4"},
		"rule for a user":          {csv: "p, user:default/a, b, c, allow", says: "not a role"},
		"binding to no role":       {csv: "g, user:default/a, group:default/b", says: "not a role"},
		"binding of nothing":       {csv: "g, alice, role:default/b", says: "neither a user nor a group"},
		"inheritance in a ring":    {csv: "g, role:default/a, role:default/b\ng, role:default/b, role:default/a", says: "inherits from itself"},
		"another result":           {conditions: "result: DENY\nroleEntityRef: role:default/a", says: "CONDITIONAL"},
		"unknown field":            {conditions: "result: CONDITIONAL\nresoult: x", says: "document 1"},
		"unknown rule":             {conditions: conditional("catalog-entity", "{rule: IS_ENTITY_OWNR, params: {claims: [x]}}"), says: "IS_ENTITY_OWNR"},
		"missing parameter":        {conditions: conditional("catalog-entity", "{rule: HAS_LABEL, params: {value: x}}"), says: "label"},
		"misspelt parameter":       {conditions: conditional("catalog-entity", "{rule: HAS_LABEL, params: {label: x, valeu: y}}"), says: "valeu"},
		"wrong type":               {conditions: conditional("catalog-entity", "{rule: HAS_LABEL, params: {label: [x]}}"), says: "label"},
		"empty list":               {conditions: conditional("catalog-entity", "{rule: IS_ENTITY_OWNER, params: {claims: []}}"), says: "claims"},
		"two forms":                {conditions: conditional("catalog-entity", "{rule: HAS_LABEL, params: {label: x}, not: {rule: HAS_LABEL, params: {label: y}}}"), says: "exactly one"},
		"no form":                  {conditions: conditional("catalog-entity", "{}"), says: "exactly one"},
		"empty anyOf":              {conditions: conditional("catalog-entity", "{anyOf: []}"), says: "at least one"},
		"another resource's rule":  {conditions: conditional("catalog-entity", "{rule: IS_TASK_OWNER, params: {createdBy: [x]}}"), says: "IS_TASK_OWNER"},
		"an entity's rule on task": {conditions: conditional("scaffolder-task", "{rule: HAS_LABEL, params: {label: x}}"), says: "HAS_LABEL"},
		"rule for another type":    {conditions: conditional("catalog-entity", "{rule: HAS_LABEL, resourceType: other, params: {label: x}}"), says: "other"},
		"unknown metadata":         {conditions: conditional("catalog-entity", "{rule: HAS_METADATA, params: {key: description}}"), says: "description"},
		"no rows":                  {conditions: conditional("catalog-location", "{rule: HAS_LABEL, params: {label: x}}"), says: "has no rows"},
		"too deep":                 {conditions: conditional("catalog-entity", strings.Repeat("{not: ", 40)+"{rule: HAS_LABEL, params: {label: x}}"+strings.Repeat("}", 40)), says: "deep"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := authz.Parse(strings.NewReader(test.csv), strings.NewReader(test.conditions))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAliasesAndLists(t *testing.T) {
	t.Parallel()
	const conditions = `
---
result: CONDITIONAL
roleEntityRef: 'role:default/a'
pluginId: catalog
resourceType: catalog-entity
permissionMapping: [read, update]
conditions:
  anyOf:
    - rule: IS_ENTITY_OWNER
      resourceType: catalog-entity
      params: {claims: [$ownerRefs]}
    - rule: HAS_ANNOTATION
      resourceType: catalog-entity
      params: {annotation: reviewer, value: $currentUser}
---
result: CONDITIONAL
roleEntityRef: 'role:default/a'
pluginId: scaffolder
resourceType: scaffolder-task
permissionMapping: [read]
conditions: {rule: IS_TASK_OWNER, resourceType: scaffolder-task, params: {createdBy: $currentUser}}
---
result: CONDITIONAL
roleEntityRef: 'role:default/a'
pluginId: other
resourceType: thing-of-another-plugin
permissionMapping: [read]
conditions: {rule: SOMETHING, params: {x: y}}
`
	a := authz.New(parse(t, "", conditions))
	me := auth.NewPrincipal(auth.Principal{Subject: "user:default/me", Groups: []string{"group:default/team"}, Roles: []string{"a"}})
	for _, permission := range []authz.Permission{authz.CatalogEntityRead, authz.CatalogEntityRefresh} {
		d := decide(t, a, me, permission)
		for name, test := range map[string]struct {
			entity authz.Entity
			want   bool
		}{
			"mine":        {authz.Entity{Owners: []string{"user:default/me"}}, true},
			"my team's":   {authz.Entity{Owners: []string{"group:default/x", "group:default/team"}}, true},
			"to review":   {authz.Entity{Annotations: map[string]string{"reviewer": "user:default/me"}}, true},
			"not by team": {authz.Entity{Annotations: map[string]string{"reviewer": "group:default/team"}}, false},
			"others'":     {authz.Entity{Owners: []string{"$ownerRefs", "user:default/you"}}, false},
		} {
			if d.Matches(test.entity) != test.want {
				t.Errorf("%s: %s", permission, name)
			}
		}
	}
	task := decide(t, a, me, authz.ScaffolderTaskRead)
	if !task.MatchesTask("user:default/me") || task.MatchesTask("group:default/team") {
		t.Error("tasks of others are mine")
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p.csv")
	if err := os.WriteFile(path, []byte("p, nobody"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, s := range []authz.Settings{{Policies: []string{path}}, {Policies: []string{path + ".missing"}}, {Conditions: []string{path}}} {
		if _, err := authz.Load(s); err == nil || !strings.Contains(err.Error(), "p.csv") {
			t.Errorf("got %v", err)
		}
	}
}

func TestDecisionsOfTwoPermissionsAreJoined(t *testing.T) {
	t.Parallel()
	api, system := authz.Where(authz.IsEntityKind("API")), authz.Where(authz.InNamespace("x"))
	for name, test := range map[string]struct {
		decision authz.Decision
		want     string
	}{
		"allow and allow": {authz.Allow().And(authz.Allow()), "allow"},
		"allow and where": {authz.Allow().And(api), "where"},
		"where and deny":  {api.And(authz.Deny()), "deny"},
		"where and where": {api.And(system), "where"},
	} {
		if got := outcome(test.decision); got != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	both := api.And(system)
	if !both.Matches(authz.Entity{Kind: "api", Namespace: "x"}) || both.Matches(authz.Entity{Kind: "API"}) {
		t.Error("the joined decision is not both")
	}
	if err := authz.Deny().Require("x"); fault.Code(err) != authz.CodeForbidden || !fault.Is(err, fault.KindForbidden) {
		t.Errorf("got %v", err)
	}
	if err := api.Require("x"); err != nil {
		t.Error(err)
	}
}
