package examples_test

import (
	"os"
	"slices"
	"testing"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/config"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	settings, err := config.Load(config.Sources{File: "portal.yaml"})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("name files and folders that are there", func(t *testing.T) {
		t.Parallel()
		paths := []string{settings.Access.Policies, settings.Access.Conditions, settings.Catalog.Locations[0].Target}
		for _, cluster := range settings.Kubernetes.Clusters {
			paths = append(paths, cluster.Folder)
		}
		for _, path := range paths {
			if _, err := os.Stat(path); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("make the development user a user of the catalog who is an Admin", func(t *testing.T) {
		t.Parallel()
		user := settings.Access.DevelopmentUser
		if _, ok := readCatalog(t).byRef[user]; !ok {
			t.Errorf("%s is not in the catalog", user)
		}
		roles := readPolicies(t).Roles(t.Context(), auth.NewPrincipal(auth.Principal{Subject: user}))
		if !slices.Contains(roles, "role:default/admin") {
			t.Errorf("%s has %v", user, roles)
		}
	})
}

func TestDeploymentSettings(t *testing.T) {
	t.Parallel()
	t.Run("are settings that the portal has", func(t *testing.T) {
		t.Parallel()
		settings, err := config.Load(config.Sources{File: "../deploy/base/portal.yaml"})
		if err != nil {
			t.Fatal(err)
		}
		if settings.Access.DevelopmentUser != "none" {
			t.Errorf("whoever has no token is %s", settings.Access.DevelopmentUser)
		}
	})
	for _, folder := range []string{"../deploy/base", "../deploy/overlays/production"} {
		t.Run(folder+" has policies that the portal can read", func(t *testing.T) {
			t.Parallel()
			policies := authz.Settings{
				Policies:   []string{folder + "/policies.csv"},
				Conditions: []string{"../deploy/base/conditions.yaml"},
			}
			if _, err := authz.Load(policies); err != nil {
				t.Error(err)
			}
		})
	}
}
