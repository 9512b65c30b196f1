package inventory

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"devportal.internal/subgraphs/kubernetes"
)

// manyRestarts is how often a container may have restarted before that is a problem by itself.
const manyRestarts = 5

// reasonOOMKilled is the reason that a container gives which the kernel ended for its memory.
const reasonOOMKilled = "OOMKilled"

// addPod takes a pod of the workload in, with what is wrong with it.
func (a *assessment) addPod(pod *corev1.Pod) {
	restarts := 0
	for _, status := range containerStatuses(pod) {
		restarts += int(status.RestartCount)
		a.container(pod, status)
	}
	a.workload.Pods = append(a.workload.Pods, kubernetes.Pod{
		Name: pod.Name, Phase: string(pod.Status.Phase), Ready: podReady(pod), Restarts: restarts,
	})
	a.phase(pod)
}

func containerStatuses(pod *corev1.Pod) []corev1.ContainerStatus {
	return slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
}

func podReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// phase reports a pod that waits for a node, or that failed as a whole.
func (a *assessment) phase(pod *corev1.Pod) {
	object := "Pod/" + pod.Name
	if pod.Status.Phase == corev1.PodFailed && a.workload.Kind != "Job" && a.workload.Kind != "CronJob" {
		a.report(kubernetes.Warning, "POD_FAILED", object, "the pod failed: %s", sentence(pod.Status.Reason, pod.Status.Message))
	}
	if pod.Status.Phase != corev1.PodPending {
		return
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
			a.report(kubernetes.Error, "UNSCHEDULABLE", object, "no node takes the pod: %s", sentence(condition.Reason, condition.Message))
		}
	}
}

// container reports what is wrong with one container of a pod.
func (a *assessment) container(pod *corev1.Pod, status corev1.ContainerStatus) {
	object := "Pod/" + pod.Name
	oom := outOfMemory(status)
	switch waiting := status.State.Waiting; {
	case waiting != nil && waitingProblem(waiting.Reason) != "":
		a.report(kubernetes.Error, waitingProblem(waiting.Reason), object, "container %s waits: %s", status.Name,
			sentence(waiting.Reason, waiting.Message))
	case !oom && int(status.RestartCount) >= manyRestarts:
		a.report(kubernetes.Warning, "RESTARTS", object, "container %s has restarted %d times; look at the log of its last run",
			status.Name, status.RestartCount)
	case status.State.Running != nil && !status.Ready && pod.Status.Phase == corev1.PodRunning && !slices.ContainsFunc(
		pod.Status.InitContainerStatuses, func(s corev1.ContainerStatus) bool { return s.Name == status.Name }):
		a.report(kubernetes.Warning, "NOT_READY", object, "container %s runs but does not become ready; look at its readiness probe", status.Name)
	}
	if oom {
		a.report(kubernetes.Error, "OUT_OF_MEMORY", object, "container %s was ended because it used more memory than its limit", status.Name)
	}
}

// waitingProblem is the code for a reason to wait that does not pass by itself, "" for one that does.
func waitingProblem(reason string) string {
	switch reason {
	case "CrashLoopBackOff":
		return "CRASH_LOOP"
	case "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull":
		return "IMAGE_PULL"
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
		return "CONTAINER_CONFIG"
	default:
		return ""
	}
}

func outOfMemory(status corev1.ContainerStatus) bool {
	ended := cmp.Or(status.State.Terminated, status.LastTerminationState.Terminated)
	return ended != nil && ended.Reason == reasonOOMKilled
}
