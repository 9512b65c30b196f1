package inventory

import (
	"cmp"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"devportal.internal/subgraphs/kubernetes"
)

// assessment is a workload while its objects are being looked at.
type assessment struct {
	workload    kubernetes.Workload
	progressing bool // more pods are on their way, as they should
}

func newAssessment(cluster, kind string, meta metav1.ObjectMeta, podLabels map[string]string, pod corev1.PodSpec) *assessment {
	a := &assessment{workload: kubernetes.Workload{Key: keyOf(cluster, kind, meta), Labels: meta.Labels, PodLabels: podLabels}}
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		if !slices.Contains(a.workload.Images, container.Image) {
			a.workload.Images = append(a.workload.Images, container.Image)
		}
	}
	return a
}

// report adds a problem that the object of this kind and name shows.
func (a *assessment) report(severity kubernetes.ProblemSeverity, code, object, format string, args ...any) {
	a.workload.Problems = append(a.workload.Problems, kubernetes.WorkloadProblem{
		Severity: severity, Code: code, Object: object, Message: fmt.Sprintf(format, args...),
	})
}

// self is how the workload is called in a problem that it shows itself.
func (a *assessment) self() string { return a.workload.Kind + "/" + a.workload.Name }

// wanted is a number of replicas; Kubernetes runs one where none is given.
func wanted(replicas *int32) int {
	if replicas == nil {
		return 1
	}
	return int(*replicas)
}

func (a *assessment) deployment(d *appsv1.Deployment) {
	a.workload.Desired, a.workload.Ready = wanted(d.Spec.Replicas), int(d.Status.ReadyReplicas)
	a.progressing = int(d.Status.UpdatedReplicas) < a.workload.Desired || d.Status.ObservedGeneration < d.Generation
	for _, condition := range d.Status.Conditions {
		switch {
		case condition.Type == appsv1.DeploymentProgressing && condition.Status == corev1.ConditionFalse:
			a.progressing = false
			a.report(kubernetes.Error, "ROLLOUT_STUCK", a.self(), "the rollout does not get on: %s", sentence(condition.Reason, condition.Message))
		case condition.Type == appsv1.DeploymentReplicaFailure && condition.Status == corev1.ConditionTrue:
			a.report(kubernetes.Error, "REPLICA_FAILURE", a.self(), "pods cannot be made: %s", sentence(condition.Reason, condition.Message))
		case condition.Type == appsv1.DeploymentAvailable && condition.Status == corev1.ConditionFalse:
			a.report(kubernetes.Error, "UNAVAILABLE", a.self(), "fewer pods are available than must be: %s", sentence(condition.Reason, condition.Message))
		}
	}
}

func (a *assessment) replicaSet(r *appsv1.ReplicaSet) {
	a.workload.Desired, a.workload.Ready = wanted(r.Spec.Replicas), int(r.Status.ReadyReplicas)
	a.progressing = int(r.Status.Replicas) < a.workload.Desired
	for _, condition := range r.Status.Conditions {
		if condition.Type == appsv1.ReplicaSetReplicaFailure && condition.Status == corev1.ConditionTrue {
			a.report(kubernetes.Error, "REPLICA_FAILURE", a.self(), "pods cannot be made: %s", sentence(condition.Reason, condition.Message))
		}
	}
}

func (a *assessment) statefulSet(s *appsv1.StatefulSet) {
	a.workload.Desired, a.workload.Ready = wanted(s.Spec.Replicas), int(s.Status.ReadyReplicas)
	a.progressing = s.Status.UpdateRevision != s.Status.CurrentRevision || s.Status.ObservedGeneration < s.Generation
}

func (a *assessment) daemonSet(d *appsv1.DaemonSet) {
	a.workload.Desired, a.workload.Ready = int(d.Status.DesiredNumberScheduled), int(d.Status.NumberReady)
	a.progressing = d.Status.UpdatedNumberScheduled < d.Status.DesiredNumberScheduled
	if d.Status.NumberMisscheduled > 0 {
		a.report(kubernetes.Warning, "MISSCHEDULED", a.self(), "%d pods run on nodes where they should not", d.Status.NumberMisscheduled)
	}
}

// job counts completions: a job that is done wants no more pods.
func (a *assessment) job(j *batchv1.Job) {
	a.workload.Desired = wanted(j.Spec.Completions)
	a.workload.Ready = int(j.Status.Succeeded)
	a.progressing = j.Status.Active > 0
	a.jobConditions(j)
}

func (a *assessment) jobConditions(j *batchv1.Job) {
	for _, condition := range j.Status.Conditions {
		if condition.Type == batchv1.JobFailed && condition.Status == corev1.ConditionTrue {
			a.report(kubernetes.Error, "JOB_FAILED", "Job/"+j.Name, "the job failed: %s", sentence(condition.Reason, condition.Message))
		}
	}
}

// cronJob wants no pods between its times.
func (a *assessment) cronJob(c *batchv1.CronJob) {
	a.workload.Desired, a.workload.Ready = len(c.Status.Active), len(c.Status.Active)
	if c.Spec.Suspend != nil && *c.Spec.Suspend {
		a.report(kubernetes.Info, "SUSPENDED", a.self(), "the schedule is suspended: no job starts until it is resumed")
	}
}

// ownedJob looks at a job that the workload, a CronJob, started: that one failed is worth a warning, since the next may
// do well.
func (a *assessment) ownedJob(c *controller) {
	job := newAssessment("", c.kind, c.meta, nil, corev1.PodSpec{})
	c.assess(job)
	for _, problem := range job.workload.Problems {
		problem.Severity = kubernetes.Warning
		a.workload.Problems = append(a.workload.Problems, problem)
	}
}

// sentence joins a condition's reason and message, of which either may be missing.
func sentence(reason, message string) string {
	switch {
	case reason == "":
		return cmp.Or(message, "Kubernetes gives no reason")
	case message == "":
		return reason
	default:
		return reason + ": " + message
	}
}

// conclude decides the health and puts everything in order.
func (a *assessment) conclude() kubernetes.Workload {
	w := &a.workload
	kubernetes.SortProblems(w.Problems)
	w.Problems = slices.Compact(w.Problems)
	slices.SortFunc(w.Pods, func(x, y kubernetes.Pod) int { return cmp.Compare(x.Name, y.Name) })
	w.Health = a.health()
	return *w
}

func (a *assessment) health() kubernetes.HealthStatus {
	w := a.workload
	worst := kubernetes.ProblemSeverity("")
	if len(w.Problems) > 0 {
		worst = w.Problems[0].Severity
	}
	short := w.Ready < w.Desired
	switch {
	case w.Kind == "CronJob" && worst == kubernetes.Error, w.Kind == "Job" && worst == kubernetes.Error:
		return kubernetes.Failing
	case worst == kubernetes.Error && w.Ready == 0 && w.Desired > 0:
		return kubernetes.Failing
	case worst == kubernetes.Error, worst == kubernetes.Warning:
		return kubernetes.Degraded
	case a.progressing && short, w.Kind == "Job" && a.progressing:
		return kubernetes.Progressing
	case short:
		return kubernetes.Degraded
	default:
		return kubernetes.Healthy
	}
}
