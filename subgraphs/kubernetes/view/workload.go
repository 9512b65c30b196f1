package view

import (
	"time"

	"devportal.internal/graph/interfaceobject"
	"devportal.internal/graph/relay"
	"devportal.internal/subgraphs/kubernetes"
)

// TypeWorkload is the type part of workloads' global ids.
const TypeWorkload = "Workload"

// Workload is a workload as the graph shows it.
type Workload struct{ stored kubernetes.Stored }

// NewWorkload shows a workload.
func NewWorkload(stored kubernetes.Stored) *Workload { return &Workload{stored} }

// NewWorkloads shows workloads.
func NewWorkloads(stored []kubernetes.Stored) []*Workload {
	workloads := make([]*Workload, len(stored))
	for i := range stored {
		workloads[i] = NewWorkload(stored[i])
	}
	return workloads
}

// IsEntity marks a type with a federation key.
func (Workload) IsEntity() {}

// IsNode marks an implementer of Node.
func (Workload) IsNode() {}

// ID is the global id.
func (w *Workload) ID() string { return relay.EncodeID(TypeWorkload, w.stored.ID) }

// Key names the workload among all clusters.
func (w *Workload) Key() kubernetes.Key { return w.stored.Key }

// Cluster is the cluster's name.
func (w *Workload) Cluster() string { return w.stored.Cluster }

// Namespace is the Kubernetes namespace.
func (w *Workload) Namespace() string { return w.stored.Namespace }

// Kind is the Kubernetes kind.
func (w *Workload) Kind() string { return w.stored.Kind }

// Name is the object's name.
func (w *Workload) Name() string { return w.stored.Name }

// Ready is how many pods are ready.
func (w *Workload) Ready() int { return w.stored.Ready }

// Desired is how many pods are wanted.
func (w *Workload) Desired() int { return w.stored.Desired }

// Health is how well it runs.
func (w *Workload) Health() kubernetes.HealthStatus { return w.stored.Health }

// Problems are what is wrong, the worst first.
func (w *Workload) Problems() []kubernetes.WorkloadProblem { return w.stored.Problems }

// Images are the container images.
func (w *Workload) Images() []string { return w.stored.Images }

// Entity is the entity that it belongs to.
func (w *Workload) Entity() *interfaceobject.CatalogEntity {
	return interfaceobject.New(w.stored.EntityID)
}

// UpdatedAt is when what is known of it last changed.
func (w *Workload) UpdatedAt() time.Time { return w.stored.UpdatedAt }

// Pods is a page of its pods.
func (w *Workload) Pods(first *int32, after *string, last *int32, before *string) (*PodConnection, error) {
	page, err := relay.Between(first, after, last, before).Page("kubernetes.pods", 1)
	if err != nil {
		return nil, err
	}
	byName := func(pod kubernetes.Pod) []string { return []string{pod.Name} }
	return &PodConnection{relay.Slice(w.stored.Pods, byName, page)}, nil
}

// PodConnection is a page of pods.
type PodConnection struct {
	relay.Connection[kubernetes.Pod]
}

// PodEdge is a pod on a page, and its cursor.
type PodEdge relay.Edge[kubernetes.Pod]

// Edges are the pods on the page, each with its cursor.
func (c *PodConnection) Edges() []*PodEdge { return relay.Edges[PodEdge](c.Connection) }

// WorkloadConnection is a page of workloads.
type WorkloadConnection struct{ relay.Connection[*Workload] }

// WorkloadEdge is a workload on a page, and its cursor.
type WorkloadEdge relay.Edge[*Workload]

// Edges are the workloads on the page, each with its cursor.
func (c *WorkloadConnection) Edges() []*WorkloadEdge { return relay.Edges[WorkloadEdge](c.Connection) }

// listName is the name that cursors of workloads carry.
const listName = "kubernetes.workloads"

// WorkloadPage reads the arguments of a list of workloads.
func WorkloadPage(args relay.Args) (relay.Page, error) { return args.Page(listName, 4) }

// SortKey is the sort key of a workload in lists.
func (w *Workload) SortKey() []string {
	key := w.Key()
	return []string{key.Cluster, key.Namespace, key.Kind, key.Name}
}

// EntityKubernetes is how one entity runs.
type EntityKubernetes struct{ workloads []*Workload }

// NewEntityKubernetes shows the workloads of an entity; nil when there are none.
func NewEntityKubernetes(stored []kubernetes.Stored) *EntityKubernetes {
	if len(stored) == 0 {
		return nil
	}
	return &EntityKubernetes{NewWorkloads(stored)}
}

// Health is the worst health of the workloads.
func (e *EntityKubernetes) Health() kubernetes.HealthStatus {
	all := make([]kubernetes.HealthStatus, len(e.workloads))
	for i, workload := range e.workloads {
		all[i] = workload.Health()
	}
	return kubernetes.WorstHealth(all)
}

// Workloads is a page of the workloads.
func (e *EntityKubernetes) Workloads(first *int32, after *string, last *int32, before *string) (*WorkloadConnection, error) {
	page, err := WorkloadPage(relay.Between(first, after, last, before))
	if err != nil {
		return nil, err
	}
	return &WorkloadConnection{relay.Slice(e.workloads, (*Workload).SortKey, page)}, nil
}
