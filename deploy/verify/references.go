package verify

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// References checks that what objects refer to is there: config maps, service accounts, ports, and what selectors select.
// Secrets are the exception: they are referred to, and must not be there.
func References(objects *Objects) []string {
	var problems problems
	for _, secret := range objects.Secrets {
		problems.about("secret " + secret.Name)("is among the manifests; it belongs elsewhere")
	}
	for _, deployment := range objects.Deployments {
		report := problems.about("deployment " + deployment.Name)
		checkMounts(report, objects, deployment.Spec.Template.Spec)
	}
	checkServices(&problems, objects)
	checkCompanions(&problems, objects)
	checkIngresses(&problems, objects)
	return problems.found
}

func checkMounts(report report, objects *Objects, pod corev1.PodSpec) {
	for _, volume := range pod.Volumes {
		if volume.ConfigMap != nil && !objects.hasConfigMap(volume.ConfigMap.Name) {
			report("mounts the config map %s, which is not there", volume.ConfigMap.Name)
		}
	}
	account := func(a *corev1.ServiceAccount) bool { return a.Name == pod.ServiceAccountName }
	if !slices.ContainsFunc(objects.ServiceAccounts, account) {
		report("runs as the service account %q, which is not there", pod.ServiceAccountName)
	}
	for _, container := range pod.Containers {
		for _, mount := range container.VolumeMounts {
			if !slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name }) {
				report("mounts the volume %s, which is not there", mount.Name)
			}
		}
		for _, source := range container.EnvFrom {
			ref := source.ConfigMapRef
			if ref != nil && (ref.Optional == nil || !*ref.Optional) && !objects.hasConfigMap(ref.Name) {
				report("takes variables from the config map %s, which is not there", ref.Name)
			}
		}
	}
}

func (o *Objects) hasConfigMap(name string) bool {
	return slices.ContainsFunc(o.ConfigMaps, func(c *corev1.ConfigMap) bool { return c.Name == name })
}

// selected gives the names of the deployments whose pods a selector selects.
func (o *Objects) selected(selector labels.Selector) []string {
	var names []string
	for _, deployment := range o.Deployments {
		if selector.Matches(labels.Set(deployment.Spec.Template.Labels)) {
			names = append(names, deployment.Name)
		}
	}
	return names
}

// checkServices wants each service to lead to the pods of the deployment of its name, on a port that they have.
func checkServices(problems *problems, objects *Objects) {
	for _, service := range objects.Services {
		report := problems.about("service " + service.Name)
		names := objects.selected(labels.SelectorFromValidatedSet(service.Spec.Selector))
		if !slices.Equal(names, []string{service.Name}) || len(service.Spec.Selector) == 0 {
			report("leads to %q", names)
			continue
		}
		for _, port := range service.Spec.Ports {
			if !objects.deploymentHasPort(service.Name, port.TargetPort.StrVal, port.Port) {
				report("leads to port %s, which its pods do not have under that number", port.TargetPort.String())
			}
		}
	}
}

func (o *Objects) deploymentHasPort(deployment, name string, number int32) bool {
	for _, d := range o.Deployments {
		for _, container := range d.Spec.Template.Spec.Containers {
			for _, port := range container.Ports {
				if d.Name == deployment && port.Name == name && port.ContainerPort == number {
					return true
				}
			}
		}
	}
	return false
}

// checkCompanions wants each deployment to have a service, an autoscaler and a disruption budget of its own.
func checkCompanions(problems *problems, objects *Objects) {
	scaled, budgeted := map[string]bool{}, map[string]bool{}
	for _, autoscaler := range objects.Autoscalers {
		scaled[autoscaler.Spec.ScaleTargetRef.Name] = autoscaler.Spec.ScaleTargetRef.Kind == "Deployment"
		if minimum := autoscaler.Spec.MinReplicas; minimum == nil || *minimum < 2 {
			problems.about("autoscaler " + autoscaler.Name)("may leave a single pod, which a budget then keeps from moving")
		}
	}
	for _, budget := range objects.Budgets {
		selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
		if err != nil || !slices.Equal(objects.selected(selector), []string{budget.Name}) {
			problems.about("budget " + budget.Name)("is not for the pods of the deployment of its name alone")
			continue
		}
		budgeted[budget.Name] = true
	}
	for _, deployment := range objects.Deployments {
		report := problems.about("deployment " + deployment.Name)
		if !scaled[deployment.Name] {
			report("has no autoscaler")
		}
		if !budgeted[deployment.Name] {
			report("has no disruption budget")
		}
		if !slices.ContainsFunc(objects.Services, func(s *corev1.Service) bool { return s.Name == deployment.Name }) {
			report("has no service")
		}
	}
}

func checkIngresses(problems *problems, objects *Objects) {
	for _, ingress := range objects.Ingresses {
		report := problems.about("ingress " + ingress.Name)
		if len(ingress.Spec.TLS) == 0 {
			report("is not encrypted")
		}
		for _, rule := range ingress.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				if path.Backend.Service == nil || path.Backend.Service.Name != "router" {
					report("leads to something else than the router")
				}
			}
		}
	}
}
