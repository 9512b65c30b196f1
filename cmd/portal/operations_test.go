package main

import (
	"context"
	"strings"
	"testing"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/config"
	"devportal.internal/internal/redis"
	"devportal.internal/router"
	"devportal.internal/router/budget"
	"devportal.internal/router/persisted"
)

func protected(t *testing.T, operations config.Operations) (router.Options, error) {
	t.Helper()
	f := &foundation{settings: &config.Settings{Operations: operations}, redis: &redis.Handle{Embedded: true}}
	var options router.Options
	err := f.protect(&options)
	return options, err
}

func TestSettings_say_how_the_router_protects(t *testing.T) {
	t.Parallel()
	options, err := protected(t, config.Operations{
		Batch: 5, Cost: 700, ReportCost: true, Mode: "enforce", IDsOnly: true, Denied: "operations", Introspection: "signed-in",
		ClientModes: []config.ClientMode{{Client: "old", Mode: "report"}},
	})
	if err != nil || options.MaxBatch != 5 || options.Limits.Cost != 700 || !options.ReportCost ||
		options.Denial != router.DenyOperations || options.Introspection != router.IntrospectSignedIn {
		t.Errorf("%+v %v", options, err)
	}
	if p := options.Persisted; !p.Automatic || p.Mode != persisted.Enforce || !p.IDsOnly || p.Clients["old"] != persisted.Report || p.Store != nil {
		t.Errorf("%+v", p)
	}
	for denied, want := range map[string]router.DenialMode{"fields": router.DenyFields, "names": router.DenyNames} {
		if options, err = protected(t, config.Operations{Denied: denied}); err != nil || options.Denial != want {
			t.Errorf("%s: %q %v", denied, options.Denial, err)
		}
	}
}

func TestSettings_give_each_caller_the_largest_budget_of_their_roles(t *testing.T) {
	t.Parallel()
	options, err := protected(t, config.Operations{
		BudgetSize: 100, BudgetRestore: 10,
		RoleBudgets: []config.RoleBudget{{Role: "tools", Size: 500, Restore: 50}, {Role: authz.RoleAdmin, Size: 300, Restore: 30}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		roles []string
		want  budget.Bucket
	}{
		{nil, budget.Bucket{Size: 100, Restore: 10}},
		{[]string{"role:default/other", "role:default/mytools"}, budget.Bucket{Size: 100, Restore: 10}},
		{[]string{authz.RoleAdmin}, budget.Bucket{Size: 300, Restore: 30}},
		{[]string{authz.RoleAdmin, "role:default/tools"}, budget.Bucket{Size: 500, Restore: 50}},
	} {
		ctx := auth.NewContext(context.Background(), auth.Principal{Subject: "user:default/somebody", Roles: c.roles})
		if got := options.Budget.Of(ctx); got != c.want {
			t.Errorf("%v: %+v instead of %+v", c.roles, got, c.want)
		}
	}
}

func TestSettings_refuse_half_a_budget(t *testing.T) {
	t.Parallel()
	for _, half := range []config.Operations{{BudgetSize: 10}, {BudgetRestore: 10}} {
		if _, err := protected(t, half); err == nil || !strings.Contains(err.Error(), "operations.budget_size") {
			t.Errorf("%+v: %v", half, err)
		}
	}
}
