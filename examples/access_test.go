package examples_test

import (
	"testing"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
)

func readPolicies(t *testing.T) *authz.Authorizer {
	t.Helper()
	policies, err := authz.Load(authz.Settings{
		Policies: []string{"access/policies.csv"}, Conditions: []string{"access/conditions.yaml"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return authz.New(policies)
}

func decide(t *testing.T, subject string, permission authz.Permission) authz.Decision {
	t.Helper()
	principal := auth.NewPrincipal(auth.Principal{Subject: subject, Groups: groupsOf(t, subject)})
	decision, err := readPolicies(t).Decide(t.Context(), principal, permission)
	if err != nil {
		t.Fatal(err)
	}
	return decision
}

// groupsOf gives the groups that the catalog says a user is a member of.
func groupsOf(t *testing.T, subject string) []string {
	t.Helper()
	var groups []string
	for _, name := range readCatalog(t).byRef[subject].texts("memberOf") {
		groups = append(groups, fullRef(name, "group", "default"))
	}
	return groups
}

func TestAccess(t *testing.T) {
	t.Parallel()
	const admin, developer, viewer = "user:default/robin.vale", "user:default/noor.haddad", "user:default/vera.kowal"
	open := authz.Entity{Kind: "component", Namespace: "default", Name: "checkout"}
	restricted := authz.Entity{
		Kind: "component", Namespace: "default", Name: "fraud-scoring", Labels: map[string]string{"visibility": "restricted"},
	}

	t.Run("lets an admin and a developer read everything", func(t *testing.T) {
		t.Parallel()
		for _, user := range []string{admin, developer} {
			if !decide(t, user, authz.CatalogEntityRead).Allowed() {
				t.Errorf("%s may not", user)
			}
		}
	})

	t.Run("lets a viewer read all but what is restricted", func(t *testing.T) {
		t.Parallel()
		decision := decide(t, viewer, authz.CatalogEntityRead)
		if !decision.Matches(open) || decision.Matches(restricted) {
			t.Errorf("checkout: %t, fraud-scoring: %t", decision.Matches(open), decision.Matches(restricted))
		}
	})

	t.Run("lets a viewer change nothing", func(t *testing.T) {
		t.Parallel()
		for _, permission := range []authz.Permission{
			authz.CatalogLocationCreate, authz.CatalogEntityRefresh, authz.CatalogEntityDelete, authz.ScaffolderTaskCreate,
		} {
			if !decide(t, viewer, permission).Denied() {
				t.Errorf("a viewer has %s", permission)
			}
		}
	})

	t.Run("lets a developer delete only what their teams own", func(t *testing.T) {
		t.Parallel()
		decision := decide(t, developer, authz.CatalogEntityDelete)
		if open.Owners = []string{"group:default/checkout-team"}; !decision.Matches(open) || decision.Matches(restricted) {
			t.Error("a developer may delete what others own, or not what is their own")
		}
	})
}
