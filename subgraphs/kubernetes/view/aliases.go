package view

import (
	"devportal.internal/graph/interfaceobject"
	"devportal.internal/subgraphs/kubernetes"
)

// What the graph shows as it is.
type (
	// CatalogEntity is an entity, known here by its id alone.
	CatalogEntity = interfaceobject.CatalogEntity
	// HealthStatus says how well something runs.
	HealthStatus = kubernetes.HealthStatus
	// ProblemSeverity says how bad a problem is.
	ProblemSeverity = kubernetes.ProblemSeverity
	// WorkloadProblem is something that is wrong with a workload.
	WorkloadProblem = kubernetes.WorkloadProblem
	// WorkloadChangeKind says what happened to a workload.
	WorkloadChangeKind = kubernetes.WorkloadChangeKind
	// Pod is a pod of a workload.
	Pod = kubernetes.Pod
)
