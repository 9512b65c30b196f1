package verify_test

import (
	"strings"
	"testing"
	"time"

	"devportal.internal/deploy/verify"
)

// drain is the portal's grace_period in base/portal.yaml.
const drain = 20 * time.Second

func folders() []string { return []string{"../base", "../overlays/production"} }

// subgraphs are the deployments beside the router.
func subgraphs() []string {
	return []string{"catalog", "cost", "docs", "kubernetes", "portal", "scaffolder"}
}

// wantedPaths are the ways within the portal: from the router to every subgraph, and from tasks back to the graph.
func wantedPaths() []verify.Path {
	paths := []verify.Path{{From: "scaffolder", To: "router", Port: "graphql"}}
	for _, name := range subgraphs() {
		paths = append(paths, verify.Path{From: "router", To: name, Port: "graphql"})
	}
	return paths
}

func render(t *testing.T, folder string) *verify.Objects {
	t.Helper()
	objects, err := verify.Render(folder)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// copyOf gives objects that a test may change.
func copyOf(objects *verify.Objects) *verify.Objects {
	return &verify.Objects{
		Namespaces: copies(objects.Namespaces), ServiceAccounts: copies(objects.ServiceAccounts),
		ConfigMaps: copies(objects.ConfigMaps), Secrets: copies(objects.Secrets), Services: copies(objects.Services),
		Deployments: copies(objects.Deployments), Autoscalers: copies(objects.Autoscalers), Budgets: copies(objects.Budgets),
		NetworkPolicies: copies(objects.NetworkPolicies), Ingresses: copies(objects.Ingresses),
	}
}

func copies[T interface{ DeepCopy() T }](objects []T) []T {
	made := make([]T, len(objects))
	for i, object := range objects {
		made[i] = object.DeepCopy()
	}
	return made
}

func noProblems(t *testing.T, problems []string) {
	t.Helper()
	for _, problem := range problems {
		t.Error(problem)
	}
}

// wantProblem wants the problems to be the one that holds the text.
func wantProblem(t *testing.T, problems []string, text string) {
	t.Helper()
	for _, problem := range problems {
		if strings.Contains(problem, text) {
			return
		}
	}
	t.Errorf("no problem says %q: %q", text, problems)
}

func TestManifests(t *testing.T) {
	t.Parallel()
	for _, folder := range folders() {
		objects := render(t, folder)
		t.Run(folder+" confines, probes and bounds its pods", func(t *testing.T) {
			t.Parallel()
			noProblems(t, verify.Pods(objects, drain))
		})
		t.Run(folder+" refers to what is there, and holds no secret", func(t *testing.T) {
			t.Parallel()
			noProblems(t, verify.References(objects))
		})
		t.Run(folder+" gives each pod the keys that it needs and no other", func(t *testing.T) {
			t.Parallel()
			noProblems(t, verify.Keys(objects))
		})
		t.Run(folder+" opens the ways that are needed and no other", func(t *testing.T) {
			t.Parallel()
			noProblems(t, verify.Network(objects, wantedPaths()))
		})
		t.Run(folder+" deploys the router and every subgraph by its command", func(t *testing.T) {
			t.Parallel()
			commands := map[string]string{}
			for _, deployment := range objects.Deployments {
				commands[deployment.Name] = strings.Join(deployment.Spec.Template.Spec.Containers[0].Args, " ")
			}
			want := map[string]string{"router": "router"}
			for _, name := range subgraphs() {
				want[name] = "subgraph " + name
			}
			for name, command := range want {
				if commands[name] != command {
					t.Errorf("the deployment %s runs %q", name, commands[name])
				}
			}
			if len(commands) != len(want) {
				t.Errorf("there are others: %v", commands)
			}
		})
		t.Run(folder+" tells the router where every subgraph is", func(t *testing.T) {
			t.Parallel()
			for _, settings := range objects.ConfigMaps {
				text, ok := settings.Data["portal.yaml"]
				for _, service := range objects.Services {
					url := "http://" + service.Name + ":4100/graphql"
					if ok && service.Name != "router" && !strings.Contains(text, url) {
						t.Errorf("portal.yaml does not name %s", url)
					}
				}
			}
		})
		t.Run(folder+" holds its namespace to the restricted standard", func(t *testing.T) {
			t.Parallel()
			if len(objects.Namespaces) != 1 || objects.Namespaces[0].Labels["pod-security.kubernetes.io/enforce"] != "restricted" {
				t.Error("the namespace does not enforce it")
			}
		})
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	t.Run("refuses a field that Kubernetes does not have", func(t *testing.T) {
		t.Parallel()
		err := (&verify.Objects{}).Add([]byte(`{"apiVersion":"apps/v1","kind":"Deployment","spec":{"replica":2}}`))
		if err == nil || !strings.Contains(err.Error(), `unknown field "spec.replica"`) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("refuses a kind that the portal has no use for", func(t *testing.T) {
		t.Parallel()
		if err := (&verify.Objects{}).Add([]byte(`{"apiVersion":"v1","kind":"Pod"}`)); err == nil {
			t.Error("a bare pod is taken")
		}
	})
	t.Run("reports a folder without a kustomization", func(t *testing.T) {
		t.Parallel()
		if _, err := verify.Render(t.TempDir()); err == nil {
			t.Error("there is no error")
		}
	})
}
