package verify_test

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"

	"devportal.internal/deploy/verify"
)

func to[T any](value T) *T { return &value }

func TestPods(t *testing.T) {
	t.Parallel()
	rendered := render(t, "../base")
	type change = func(d *appsv1.Deployment, pod *corev1.PodSpec, c *corev1.Container)
	for name, test := range map[string]struct {
		change change
		want   string
	}{
		"as root": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.SecurityContext.RunAsNonRoot = nil
		}, "may run as root"},
		"as user 0": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.SecurityContext.RunAsUser = to(int64(0))
		}, "may run as root"},
		"without a security context": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.SecurityContext = nil
		}, "has no security context"},
		"without seccomp": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.SecurityContext.SeccompProfile = nil
		}, "seccomp"},
		"with a cluster's token": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.AutomountServiceAccountToken = nil
		}, "token of the cluster"},
		"with service links": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.EnableServiceLinks = nil
		}, "variables from services"},
		"on the node's network": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.HostNetwork = true
		}, "shares namespaces"},
		"with a folder of the node": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.Volumes[0].HostPath = &corev1.HostPathVolumeSource{Path: "/etc"}
		}, "mounts /etc of its node"},
		"with an endless scratch volume": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.Volumes[0].EmptyDir = &corev1.EmptyDirVolumeSource{}
		}, "may fill its node's disk"},
		"killed in the middle of its drain": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.TerminationGracePeriodSeconds = to(int64(20))
		}, "is killed before its drain"},
		"stopped at once": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.Lifecycle = nil
		}, "before endpoints have forgotten"},
		"replaced too early": {func(d *appsv1.Deployment, _ *corev1.PodSpec, _ *corev1.Container) {
			d.Spec.Strategy.RollingUpdate.MaxUnavailable = to(intstr.FromInt32(1))
		}, "before their successors are ready"},
		"of a fixed number": {func(d *appsv1.Deployment, _ *corev1.PodSpec, _ *corev1.Container) {
			d.Spec.Replicas = to(int32(3))
		}, "fights with its autoscaler"},
		"none at all": {func(_ *appsv1.Deployment, p *corev1.PodSpec, _ *corev1.Container) {
			p.Containers = nil
		}, "has no container"},
		"with a container that is not confined": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext = nil
		}, "container without a security context"},
		"that gain privileges": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext.AllowPrivilegeEscalation = nil
		}, "may gain privileges"},
		"that write anywhere": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext.ReadOnlyRootFilesystem = to(false)
		}, "may write to its root file system"},
		"with capabilities": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext.Capabilities.Add = []corev1.Capability{"NET_ADMIN"}
		}, "keeps capabilities"},
		"with privileges": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext.Privileged = to(true)
		}, "is privileged"},
		"without a limit": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.Resources.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
		}, "does not say what it needs"},
		"of the latest image": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.Image = "portal:latest"
		}, "runs whatever is latest"},
		"without readiness": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.ReadinessProbe = nil
		}, "has no readiness probe"},
		"probed on the wrong path": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.LivenessProbe.HTTPGet.Path = "/readyz"
		}, "is probed for liveness at /readyz"},
		"probed on the wrong port": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.StartupProbe.HTTPGet.Port = intstr.FromString("graphql")
		}, "on port graphql"},
		"with a secret in plain sight": {func(_ *appsv1.Deployment, _ *corev1.PodSpec, c *corev1.Container) {
			c.Env = append(c.Env, corev1.EnvVar{Name: "PORTAL_DATABASE_URL", Value: "postgres://portal:x@db/portal"})
		}, "has PORTAL_DATABASE_URL in plain sight"},
	} {
		t.Run("must not be "+name, func(t *testing.T) {
			t.Parallel()
			objects := copyOf(rendered)
			deployment := objects.Deployments[0]
			pod := &deployment.Spec.Template.Spec
			test.change(deployment, pod, &pod.Containers[0])
			wantProblem(t, verify.Pods(objects, drain), test.want)
		})
	}
}
