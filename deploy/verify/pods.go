package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// Pods checks how each deployment's pods are confined, probed, bounded and ended. Drain is the portal's grace_period.
func Pods(objects *Objects, drain time.Duration) []string {
	var problems problems
	for _, deployment := range objects.Deployments {
		report := problems.about("deployment " + deployment.Name)
		pod := deployment.Spec.Template.Spec
		checkConfinement(report, pod)
		checkEnd(report, pod, drain)
		checkStrategy(report, deployment)
		if len(pod.Containers) == 0 {
			report("has no container")
		}
		for _, container := range pod.Containers {
			checkContainer(report, container)
			checkProbes(report, container)
			checkEnvironment(report, container)
		}
	}
	return problems.found
}

// problems collects what is wrong.
type problems struct{ found []string }

// report adds a problem of one object.
type report func(format string, args ...any)

func (p *problems) about(object string) report {
	return func(format string, args ...any) { p.found = append(p.found, object+" "+fmt.Sprintf(format, args...)) }
}

func checkConfinement(report report, pod corev1.PodSpec) {
	security := pod.SecurityContext
	switch {
	case security == nil:
		report("has no security context")
	case security.RunAsNonRoot == nil || !*security.RunAsNonRoot, security.RunAsUser == nil || *security.RunAsUser == 0:
		report("may run as root")
	case security.SeccompProfile == nil || security.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault:
		report("has no seccomp profile RuntimeDefault")
	}
	if pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken {
		report("mounts a token of the cluster")
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		report("takes variables from services, of which one is named kubernetes")
	}
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		report("shares namespaces with its node")
	}
	for _, volume := range pod.Volumes {
		if volume.HostPath != nil {
			report("mounts %s of its node", volume.HostPath.Path)
		}
		if volume.EmptyDir != nil && volume.EmptyDir.SizeLimit == nil {
			report("may fill its node's disk through the volume %s", volume.Name)
		}
	}
}

// checkEnd wants the drain and the pause before it to fit into the time that Kubernetes leaves.
func checkEnd(report report, pod corev1.PodSpec, drain time.Duration) {
	var pause time.Duration
	for _, container := range pod.Containers {
		if container.Lifecycle != nil && container.Lifecycle.PreStop != nil && container.Lifecycle.PreStop.Sleep != nil {
			pause = max(pause, time.Duration(container.Lifecycle.PreStop.Sleep.Seconds)*time.Second)
		}
	}
	if pause == 0 {
		report("stops before endpoints have forgotten it")
	}
	if seconds := pod.TerminationGracePeriodSeconds; seconds == nil || time.Duration(*seconds)*time.Second <= pause+drain {
		report("is killed before its drain of %s is over", drain)
	}
}

func checkStrategy(report report, deployment *appsv1.Deployment) {
	rolling := deployment.Spec.Strategy.RollingUpdate
	if rolling == nil || rolling.MaxUnavailable == nil || rolling.MaxUnavailable.IntValue() != 0 {
		report("takes pods away before their successors are ready")
	}
	if deployment.Spec.Replicas != nil {
		report("fights with its autoscaler over replicas")
	}
}

func checkContainer(report report, container corev1.Container) {
	security := container.SecurityContext
	if security == nil {
		report("has a container without a security context")
		return
	}
	if security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation {
		report("may gain privileges")
	}
	if security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
		report("may write to its root file system")
	}
	if security.Capabilities == nil || !slices.Contains(security.Capabilities.Drop, "ALL") || len(security.Capabilities.Add) > 0 {
		report("keeps capabilities")
	}
	if security.Privileged != nil && *security.Privileged {
		report("is privileged")
	}
	resources := container.Resources
	if resources.Requests.Cpu().IsZero() || resources.Requests.Memory().IsZero() || resources.Limits.Memory().IsZero() {
		report("does not say what it needs")
	}
	if strings.HasSuffix(container.Image, ":latest") {
		report("runs whatever is latest")
	}
}

func checkProbes(report report, container corev1.Container) {
	for _, probe := range []struct {
		name, path string
		probe      *corev1.Probe
	}{
		{"startup", "/healthz", container.StartupProbe},
		{"liveness", "/healthz", container.LivenessProbe},
		{"readiness", "/readyz", container.ReadinessProbe},
	} {
		if probe.probe == nil || probe.probe.HTTPGet == nil {
			report("has no %s probe", probe.name)
			continue
		}
		get := probe.probe.HTTPGet
		if get.Path != probe.path || get.Port.StrVal != "admin" || !hasPort(container, "admin") {
			report("is probed for %s at %s on port %s, not at %s on its port admin", probe.name, get.Path, get.Port.String(), probe.path)
		}
	}
}

func hasPort(container corev1.Container, name string) bool {
	return slices.ContainsFunc(container.Ports, func(port corev1.ContainerPort) bool { return port.Name == name })
}

// checkEnvironment wants what is secret to come from a Secret.
func checkEnvironment(report report, container corev1.Container) {
	for _, variable := range container.Env {
		secret := strings.HasSuffix(variable.Name, "_URL") || strings.Contains(variable.Name, "SECRET") ||
			strings.Contains(variable.Name, "PASSWORD") || strings.Contains(variable.Name, "TOKEN")
		if secret && (variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil) {
			report("has %s in plain sight", variable.Name)
		}
	}
}
