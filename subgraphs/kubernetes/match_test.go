package kubernetes_test

import (
	"testing"

	"devportal.internal/subgraphs/kubernetes"
)

func TestMatcherFindsTheEntityOfAWorkload(t *testing.T) {
	t.Parallel()
	entity := func(id, kind, name string, annotations ...string) kubernetes.Candidate {
		e := kubernetes.Candidate{ID: id, Ref: kind + ":default/" + name, Kind: kind, Name: name, Annotations: map[string]string{}}
		for i := 0; i < len(annotations); i += 2 {
			e.Annotations[annotations[i]] = annotations[i+1]
		}
		return e
	}
	workload := func(cluster, namespace string, labels ...string) kubernetes.Workload {
		w := kubernetes.Workload{Key: kubernetes.Key{Cluster: cluster, Namespace: namespace}, Labels: map[string]string{}}
		for i := 0; i < len(labels); i += 2 {
			w.Labels[labels[i]] = labels[i+1]
		}
		return w
	}
	bySelector := entity("1", "component", "shop", kubernetes.AnnotationSelector, "app in (shop,store),tier!=test", kubernetes.AnnotationID, "ignored")
	byID := entity("2", "component", "web", kubernetes.AnnotationID, "web-id")
	byName := entity("3", "component", "worker")
	inNamespace := entity("4", "component", "narrow", kubernetes.AnnotationID, "narrow", kubernetes.AnnotationNamespace, "prod", kubernetes.AnnotationCluster, "eu")
	system := entity("5", "system", "platform")
	broken := entity("6", "component", "broken", kubernetes.AnnotationSelector, "!!!")
	everything := entity("7", "component", "everything", kubernetes.AnnotationSelector, " ")
	twin := entity("8", "component", "aaa", kubernetes.AnnotationID, "web-id")
	tests := map[string]struct {
		workload kubernetes.Workload
		entities []kubernetes.Candidate
		want     string
	}{
		"by a selector":                                 {workload("eu", "prod", "app", "store"), []kubernetes.Candidate{bySelector}, "1"},
		"not when the selector excludes it":             {workload("eu", "prod", "app", "store", "tier", "test"), []kubernetes.Candidate{bySelector}, ""},
		"a selector wins over the same entity's id":     {workload("eu", "prod", kubernetes.LabelID, "ignored"), []kubernetes.Candidate{bySelector}, ""},
		"by the id label":                               {workload("eu", "prod", kubernetes.LabelID, "web-id"), []kubernetes.Candidate{byID}, "2"},
		"by a component's name":                         {workload("eu", "prod", kubernetes.LabelID, "worker"), []kubernetes.Candidate{byName}, "3"},
		"not by the name of another kind":               {workload("eu", "prod", kubernetes.LabelID, "platform"), []kubernetes.Candidate{system}, ""},
		"in the namespace and cluster that are named":   {workload("eu", "prod", kubernetes.LabelID, "narrow"), []kubernetes.Candidate{inNamespace}, "4"},
		"not in another namespace":                      {workload("eu", "test", kubernetes.LabelID, "narrow"), []kubernetes.Candidate{inNamespace}, ""},
		"not in another cluster":                        {workload("us", "prod", kubernetes.LabelID, "narrow"), []kubernetes.Candidate{inNamespace}, ""},
		"a selector that cannot be parsed finds none":   {workload("eu", "prod", "app", "x"), []kubernetes.Candidate{broken}, ""},
		"an empty selector does not claim the cluster":  {workload("eu", "prod", "app", "x"), []kubernetes.Candidate{everything}, ""},
		"of equal claims, the first by reference":       {workload("eu", "prod", kubernetes.LabelID, "web-id"), []kubernetes.Candidate{byID, twin}, "8"},
		"a selector's claim goes before an id's":        {workload("eu", "prod", kubernetes.LabelID, "web-id", "app", "shop"), []kubernetes.Candidate{byID, bySelector}, "1"},
		"a workload without labels belongs to nobody":   {workload("eu", "prod"), []kubernetes.Candidate{byID, byName, bySelector}, ""},
		"an empty id label is no name for any of these": {workload("eu", "prod", kubernetes.LabelID, ""), []kubernetes.Candidate{byName}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := kubernetes.NewMatcher(tt.entities).EntityOf(tt.workload); got != tt.want {
				t.Errorf("entity = %q, want %q", got, tt.want)
			}
		})
	}
}
