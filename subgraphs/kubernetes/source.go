package kubernetes

import "context"

// Source is where the workloads of one cluster are read from.
type Source interface {
	// Name is the cluster's name, from the portal's settings.
	Name() string
	// Workloads are all workloads as they are now, in the order of their keys.
	Workloads(ctx context.Context) ([]Workload, error)
}

// Store keeps what is known of the clusters.
type Store interface {
	// Replace makes the workloads those of the cluster, notes that it could be read, and tells of the differences, in one
	// transaction.
	Replace(ctx context.Context, cluster string, workloads []Workload) error
	// Unreachable notes that the cluster could not be read, and why. Its workloads stay.
	Unreachable(ctx context.Context, cluster string, why string) error
	// Retain forgets all clusters but these, and tells that their workloads are gone.
	Retain(ctx context.Context, clusters []string) error
}
