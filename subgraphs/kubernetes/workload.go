package kubernetes

import (
	"cmp"
	"slices"
	"time"
)

// HealthStatus says how well something runs.
type HealthStatus string

// The states of health, as the graph names them.
const (
	Healthy     HealthStatus = "HEALTHY"
	Progressing HealthStatus = "PROGRESSING"
	Degraded    HealthStatus = "DEGRADED"
	Failing     HealthStatus = "FAILING"
	Unknown     HealthStatus = "UNKNOWN"
)

// rank orders states of health from the best to the worst. What is not known is worse than what is known to be well.
func (h HealthStatus) rank() int {
	return slices.Index([]HealthStatus{Healthy, Progressing, Unknown, Degraded, Failing}, h)
}

// WorstHealth is the worst of some states of health; [Unknown] of none.
func WorstHealth(all []HealthStatus) HealthStatus {
	if len(all) == 0 {
		return Unknown
	}
	return slices.MaxFunc(all, func(a, b HealthStatus) int { return cmp.Compare(a.rank(), b.rank()) })
}

// ProblemSeverity says how bad a problem is.
type ProblemSeverity string

// The severities, as the graph names them.
const (
	Info    ProblemSeverity = "INFO"
	Warning ProblemSeverity = "WARNING"
	Error   ProblemSeverity = "ERROR"
)

func (s ProblemSeverity) rank() int {
	return slices.Index([]ProblemSeverity{Error, Warning, Info}, s)
}

// WorkloadProblem is something that is wrong with a workload.
type WorkloadProblem struct {
	Severity ProblemSeverity `json:"severity"`
	Code     string          `json:"code"` // stable, such as CRASH_LOOP
	Message  string          `json:"message"`
	Object   string          `json:"object"` // kind/name of what shows it
}

// SortProblems puts the worst first; those that are equally bad are ordered by object, code and message.
func SortProblems(problems []WorkloadProblem) {
	slices.SortFunc(problems, func(a, b WorkloadProblem) int {
		return cmp.Or(cmp.Compare(a.Severity.rank(), b.Severity.rank()), cmp.Compare(a.Object, b.Object),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
}

// Pod is a pod of a workload.
type Pod struct {
	Name     string `json:"name"`
	Phase    string `json:"phase"`
	Ready    bool   `json:"ready"`
	Restarts int    `json:"restarts"`
}

// Key names a workload among all clusters.
type Key struct {
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
}

// Compare orders workloads by cluster, namespace, kind and name.
func (k Key) Compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Cluster, other.Cluster), cmp.Compare(k.Namespace, other.Namespace),
		cmp.Compare(k.Kind, other.Kind), cmp.Compare(k.Name, other.Name))
}

// Workload is what is known of a workload.
type Workload struct {
	Key
	// Labels are those of the object itself, PodLabels those of the pods that it makes.
	Labels    map[string]string `json:"labels,omitempty"`
	PodLabels map[string]string `json:"podLabels,omitempty"`
	Ready     int               `json:"ready"`
	Desired   int               `json:"desired"`
	Health    HealthStatus      `json:"health"`
	Problems  []WorkloadProblem `json:"problems,omitempty"`
	Images    []string          `json:"images,omitempty"`
	Pods      []Pod             `json:"pods,omitempty"`
}

// Stored is a workload that the portal knows, with what the portal gave it.
type Stored struct {
	Workload
	ID        string    `json:"id"`
	EntityID  string    `json:"entityId,omitempty"` // "" when it belongs to no entity
	UpdatedAt time.Time `json:"updatedAt"`
}

// ClusterStatus is what came of reading a cluster the last time.
type ClusterStatus struct {
	Name       string
	Error      string     // "" when it could be read
	LastReadAt *time.Time // nil before the first time
}
