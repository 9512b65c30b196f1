package examples_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"

	"devportal.internal/subgraphs/catalog"
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/manifests"
)

func TestCatalogRules(t *testing.T) {
	t.Parallel()
	for _, file := range readCatalog(t).files {
		t.Run("accept "+file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents := yaml.NewDecoder(bytes.NewReader(text))
			for {
				var document map[string]any
				if err := documents.Decode(&document); errors.Is(err, io.EOF) {
					return
				} else if err != nil {
					t.Fatal(err)
				}
				resolveDefinition(t, filepath.Dir(file), document)
				if _, err := catalog.Envelope(document).Validate(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// resolveDefinition puts a file's text in the place of a definition's $text.
func resolveDefinition(t *testing.T, folder string, document map[string]any) {
	t.Helper()
	spec, _ := document["spec"].(map[string]any)
	if definition, ok := spec["definition"].(map[string]any); ok {
		text, err := os.ReadFile(filepath.Join(folder, definition["$text"].(string)))
		if err != nil {
			t.Fatal(err)
		}
		spec["definition"] = string(text)
	}
}

func TestWorkloads(t *testing.T) {
	t.Parallel()
	health, codes := map[string]kubernetes.HealthStatus{}, map[string]bool{}
	for _, name := range []string{"harbour-eu", "harbour-staging"} {
		folder, err := manifests.NewFolder(name, filepath.Join("kubernetes", name))
		if err != nil {
			t.Fatal(err)
		}
		workloads, err := folder.Workloads(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, workload := range workloads {
			health[name+"/"+workload.Name] = workload.Health
			for _, problem := range workload.Problems {
				codes[problem.Code] = true
			}
		}
	}

	t.Run("are of every health", func(t *testing.T) {
		t.Parallel()
		for name, want := range map[string]kubernetes.HealthStatus{
			"harbour-eu/checkout":             kubernetes.Degraded,
			"harbour-staging/checkout":        kubernetes.Healthy,
			"harbour-eu/notification-service": kubernetes.Failing,
		} {
			if health[name] != want {
				t.Errorf("%s is %s", name, health[name])
			}
		}
	})

	t.Run("have every problem that the portal detects", func(t *testing.T) {
		t.Parallel()
		for _, code := range []string{
			"CRASH_LOOP", "IMAGE_PULL", "CONTAINER_CONFIG", "OUT_OF_MEMORY", "UNSCHEDULABLE", "AUTOSCALER_AT_MAXIMUM",
			"ROLLOUT_STUCK", "REPLICA_FAILURE", "UNAVAILABLE", "JOB_FAILED",
		} {
			if !codes[code] {
				t.Errorf("nothing has the problem %s", code)
			}
		}
	})
}
