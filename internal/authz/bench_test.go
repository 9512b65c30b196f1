package authz_test

import (
	"fmt"
	"strings"
	"testing"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
)

const benchRoles = 10_000

// manyRoles is a policy of 10,000 roles with nine rules each, and a binding for each.
func manyRoles(b *testing.B) *authz.Policies {
	b.Helper()
	var csv strings.Builder
	for i := range benchRoles {
		for _, rule := range []string{
			"catalog-entity, read, allow", "catalog.entity.create, create, allow", "catalog-entity, update, allow",
			"catalog-entity, delete, deny", "catalog.location.read, read, allow", "scaffolder-template, read, allow",
			"scaffolder-action, use, allow", "scaffolder.task.create, create, allow", "kubernetes.clusters.read, read, allow",
		} {
			fmt.Fprintf(&csv, "p, role:default/r%d, %s\n", i, rule)
		}
		fmt.Fprintf(&csv, "g, user:default/u%d, role:default/r%d\n", i, i)
	}
	return parse(b, csv.String(), "")
}

func BenchmarkDecideCached(b *testing.B) {
	a := authz.New(manyRoles(b))
	p := user("u7")
	b.ReportAllocs()
	for b.Loop() {
		if d, err := a.Decide(b.Context(), p, authz.CatalogEntityRead); err != nil || !d.Allowed() {
			b.Fatal(d, err)
		}
	}
}

// BenchmarkDecideUncached asks each time for a principal, a role and an enforcer that were not seen before.
func BenchmarkDecideUncached(b *testing.B) {
	policies := manyRoles(b)
	principals := make([]auth.Principal, benchRoles)
	for i := range principals {
		principals[i] = user(fmt.Sprint("u", i))
	}
	a, i := authz.New(policies), 0
	b.ReportAllocs()
	for b.Loop() {
		if i == benchRoles {
			b.StopTimer()
			a, i = authz.New(policies), 0
			b.StartTimer()
		}
		if d, err := a.Decide(b.Context(), principals[i], authz.CatalogEntityRead); err != nil || !d.Allowed() {
			b.Fatal(d, err)
		}
		i++
	}
}
