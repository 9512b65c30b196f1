package view

import (
	"time"

	"devportal.internal/subgraphs/kubernetes"
)

// KubernetesCluster is a cluster as the graph shows it.
type KubernetesCluster struct {
	Name       string
	Reachable  bool
	Error      *string
	LastReadAt *time.Time
}

// NewClusters shows clusters.
func NewClusters(all []kubernetes.ClusterStatus) []*KubernetesCluster {
	clusters := make([]*KubernetesCluster, len(all))
	for i, status := range all {
		clusters[i] = &KubernetesCluster{Name: status.Name, Reachable: status.Error == "", LastReadAt: status.LastReadAt}
		if status.Error != "" {
			clusters[i].Error = &status.Error
		}
	}
	return clusters
}

// WorkloadChange is a change of a workload, as one subscriber sees it.
type WorkloadChange struct {
	Cursor   string
	Change   kubernetes.WorkloadChangeKind
	Workload *Workload // nil when it was removed
	id       string
}

// NewWorkloadChange shows a change as a kind.
func NewWorkloadChange(cursor string, kind kubernetes.WorkloadChangeKind, change kubernetes.Change) *WorkloadChange {
	shown := &WorkloadChange{Cursor: cursor, Change: kind, id: change.WorkloadID()}
	if kind != kubernetes.Removed {
		shown.Workload = NewWorkload(change.Now.Workload)
	}
	return shown
}

// WorkloadID is the workload's global id.
func (c *WorkloadChange) WorkloadID() string {
	return NewWorkload(kubernetes.Stored{ID: c.id}).ID()
}
