package verify_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"devportal.internal/deploy/verify"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	rendered := render(t, "../overlays/production")
	for name, test := range map[string]struct {
		change func(o *verify.Objects)
		want   string
	}{
		"a secret among the manifests": {func(o *verify.Objects) {
			o.Secrets = append(o.Secrets, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "portal-database"}})
		}, "it belongs elsewhere"},
		"a config map that is gone": {func(o *verify.Objects) { o.ConfigMaps = nil }, "mounts the config map"},
		"a service account that is gone": {func(o *verify.Objects) {
			o.ServiceAccounts = nil
		}, "runs as the service account"},
		"a volume that is gone": {func(o *verify.Objects) {
			o.Deployments[0].Spec.Template.Spec.Volumes = nil
		}, "mounts the volume"},
		"variables from nowhere": {func(o *verify.Objects) {
			o.Deployments[0].Spec.Template.Spec.Containers[0].EnvFrom[0].ConfigMapRef = &corev1.ConfigMapEnvSource{}
		}, "takes variables from the config map"},
		"a service that leads nowhere": {func(o *verify.Objects) {
			o.Services[0].Spec.Selector["app.kubernetes.io/name"] = "nothing"
		}, "leads to []"},
		"a service that leads to everything": {func(o *verify.Objects) {
			o.Services[0].Spec.Selector = nil
		}, `leads to ["router" "catalog"`},
		"a service on a port that is not there": {func(o *verify.Objects) {
			o.Services[0].Spec.Ports[0].TargetPort = intstr.FromString("grpc")
		}, "leads to port grpc"},
		"a deployment without a service": {func(o *verify.Objects) { o.Services = o.Services[1:] }, "has no service"},
		"a deployment without an autoscaler": {func(o *verify.Objects) {
			o.Autoscalers = o.Autoscalers[1:]
		}, "has no autoscaler"},
		"an autoscaler that leaves one pod": {func(o *verify.Objects) {
			o.Autoscalers[0].Spec.MinReplicas = to(int32(1))
		}, "may leave a single pod"},
		"a budget for everybody": {func(o *verify.Objects) {
			o.Budgets[0].Spec.Selector = &metav1.LabelSelector{}
		}, "is not for the pods of the deployment of its name alone"},
		"a deployment without a budget": {func(o *verify.Objects) { o.Budgets = o.Budgets[1:] }, "has no disruption budget"},
		"an ingress in the clear":       {func(o *verify.Objects) { o.Ingresses[0].Spec.TLS = nil }, "is not encrypted"},
		"an ingress past the router": {func(o *verify.Objects) {
			o.Ingresses[0].Spec.Rules[0].HTTP.Paths[0].Backend = networkingv1.IngressBackend{
				Service: &networkingv1.IngressServiceBackend{Name: "catalog"},
			}
		}, "something else than the router"},
	} {
		t.Run("must not have "+name, func(t *testing.T) {
			t.Parallel()
			objects := copyOf(rendered)
			test.change(objects)
			wantProblem(t, verify.References(objects), test.want)
		})
	}
}
