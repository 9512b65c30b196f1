package inventory

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"devportal.internal/subgraphs/kubernetes"
)

// Workloads are the workloads that the objects make in a cluster of this name, in the order of their keys.
func (o *Objects) Workloads(cluster string) []kubernetes.Workload {
	index := newIndex(o)
	byKey := make(map[kubernetes.Key]*assessment)
	for i := range o.controllers {
		c := &o.controllers[i]
		if index.ownerOf(c.meta) != nil {
			continue
		}
		a := newAssessment(cluster, c.kind, c.meta, c.pod.Labels, c.pod.Spec)
		c.assess(a)
		byKey[a.workload.Key] = a
	}
	for i := range o.controllers {
		if c := &o.controllers[i]; c.kind == "Job" {
			if top := index.top(c.meta); top != nil {
				byKey[keyOf(cluster, top.kind, top.meta)].ownedJob(c)
			}
		}
	}
	for _, pod := range o.pods {
		o.addPod(cluster, pod, index, byKey)
	}
	o.addAutoscalers(cluster, byKey)
	o.addQuotas(byKey)
	return finish(byKey)
}

func (o *Objects) addPod(cluster string, pod *corev1.Pod, index *index, byKey map[kubernetes.Key]*assessment) {
	if top := index.top(pod.ObjectMeta); top != nil {
		byKey[keyOf(cluster, top.kind, top.meta)].addPod(pod)
		return
	}
	a := newAssessment(cluster, "Pod", pod.ObjectMeta, pod.Labels, pod.Spec)
	a.workload.Desired = 1
	a.progressing = pod.Status.Phase == corev1.PodPending
	if podReady(pod) {
		a.workload.Ready = 1
	}
	a.addPod(pod)
	byKey[a.workload.Key] = a
}

func finish(byKey map[kubernetes.Key]*assessment) []kubernetes.Workload {
	workloads := make([]kubernetes.Workload, 0, len(byKey))
	for _, key := range slices.SortedFunc(maps.Keys(byKey), kubernetes.Key.Compare) {
		workloads = append(workloads, byKey[key].conclude())
	}
	return workloads
}

func keyOf(cluster, kind string, meta metav1.ObjectMeta) kubernetes.Key {
	return kubernetes.Key{Cluster: cluster, Namespace: meta.Namespace, Kind: kind, Name: meta.Name}
}

// index finds controllers by what their children say of them.
type index struct {
	byOwner map[ownerKey]*controller
}

type ownerKey struct{ namespace, kind, name string }

func newIndex(o *Objects) *index {
	byOwner := make(map[ownerKey]*controller, len(o.controllers))
	for i := range o.controllers {
		c := &o.controllers[i]
		byOwner[ownerKey{c.meta.Namespace, c.kind, c.meta.Name}] = c
	}
	return &index{byOwner}
}

// ownerOf is the controller that owns the object, nil when there is none among the objects.
func (x *index) ownerOf(meta metav1.ObjectMeta) *controller {
	for _, owner := range meta.OwnerReferences {
		if owner.Controller == nil || !*owner.Controller {
			continue
		}
		return x.byOwner[ownerKey{meta.Namespace, owner.Kind, owner.Name}]
	}
	return nil
}

// top is the topmost controller above the object. Owners that lead in a circle have none.
func (x *index) top(meta metav1.ObjectMeta) *controller {
	const maxLevels = 8 // Pod, ReplicaSet, Deployment and what a custom controller may put above
	var top *controller
	for range maxLevels {
		owner := x.ownerOf(meta)
		if owner == nil {
			return top
		}
		top, meta = owner, owner.meta
	}
	return nil
}
