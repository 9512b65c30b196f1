package examples_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// strictDecoder refuses fields that the Kubernetes API does not have.
func strictDecoder(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, batchv1.AddToScheme, networkingv1.AddToScheme, autoscalingv2.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

// objectsOf gives every object of a file as JSON, Lists taken apart.
func objectsOf(t *testing.T, file string) []json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []json.RawMessage
	documents := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document map[string]any
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		items := []any{document}
		if document["kind"] == "List" {
			items, _ = document["items"].([]any)
		}
		for _, item := range items {
			object, err := json.Marshal(item)
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, object)
		}
	}
}

func TestClusters(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("kubernetes/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	decoder := strictDecoder(t)
	kinds, names, clusters, waiting := map[string]int{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, file := range files {
		clusters[filepath.Dir(file)] = true
		for _, text := range objectsOf(t, file) {
			object, kind, err := decoder.Decode(text, nil, nil)
			if err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			kinds[kind.Kind]++
			var meta struct {
				Metadata struct{ Labels map[string]string }
			}
			if err := json.Unmarshal(text, &meta); err != nil {
				t.Fatal(err)
			}
			names[meta.Metadata.Labels["backstage.io/kubernetes-id"]] = true
			if pod, ok := object.(*corev1.Pod); ok {
				notePodTroubles(waiting, pod)
			}
		}
	}
	delete(names, "")

	t.Run("are two", func(t *testing.T) {
		t.Parallel()
		if len(clusters) != 2 {
			t.Errorf("%v", clusters)
		}
	})

	t.Run("hold every kind that the portal reads", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []string{
			"Pod", "Service", "ConfigMap", "LimitRange", "ResourceQuota", "Deployment", "ReplicaSet", "StatefulSet",
			"DaemonSet", "HorizontalPodAutoscaler", "Job", "CronJob", "Ingress",
		} {
			if kinds[kind] == 0 {
				t.Errorf("there is no %s", kind)
			}
		}
	})

	t.Run("have every trouble that the portal detects in pods", func(t *testing.T) {
		t.Parallel()
		for _, trouble := range []string{
			"CrashLoopBackOff", "ImagePullBackOff", "CreateContainerConfigError", "OOMKilled", "Unschedulable",
		} {
			if !waiting[trouble] {
				t.Errorf("no pod is in %s", trouble)
			}
		}
	})

	t.Run("run what is in the catalog", func(t *testing.T) {
		t.Parallel()
		ids := map[string]bool{}
		for _, e := range readCatalog(t).entities {
			ids[e.Metadata.Annotations["backstage.io/kubernetes-id"]] = true
		}
		for name := range names {
			if !ids[name] {
				t.Errorf("no entity has the kubernetes-id %s", name)
			}
		}
	})
}

func notePodTroubles(troubles map[string]bool, pod *corev1.Pod) {
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Waiting != nil {
			troubles[status.State.Waiting.Reason] = true
		}
		if status.LastTerminationState.Terminated != nil {
			troubles[status.LastTerminationState.Terminated.Reason] = true
		}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			troubles[condition.Reason] = true
		}
	}
}

func TestStrictDecoder(t *testing.T) {
	t.Parallel()
	t.Run("refuses a field that Kubernetes does not have", func(t *testing.T) {
		t.Parallel()
		_, _, err := strictDecoder(t).Decode([]byte(`{"apiVersion":"v1","kind":"Pod","spec":{"replicaz":1}}`), nil, nil)
		if err == nil || !strings.Contains(err.Error(), "replicaz") {
			t.Errorf("the error is %v", err)
		}
	})
}
