package inventory

import (
	"maps"
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"

	"devportal.internal/subgraphs/kubernetes"
)

// addAutoscalers reports workloads that cannot grow any further, or whose autoscaler cannot do its work.
func (o *Objects) addAutoscalers(cluster string, byKey map[kubernetes.Key]*assessment) {
	for _, scaler := range o.autoscalers {
		target := scaler.Spec.ScaleTargetRef
		a, ok := byKey[kubernetes.Key{Cluster: cluster, Namespace: scaler.Namespace, Kind: target.Kind, Name: target.Name}]
		if !ok {
			continue
		}
		object := "HorizontalPodAutoscaler/" + scaler.Name
		for _, condition := range scaler.Status.Conditions {
			switch {
			case condition.Type == autoscalingv2.ScalingLimited && condition.Status == corev1.ConditionTrue && atMaximum(scaler):
				a.report(kubernetes.Warning, "AUTOSCALER_AT_MAXIMUM", object,
					"more pods are wanted than the maximum of %d; raise it or find out what the load is", scaler.Spec.MaxReplicas)
			case condition.Type == autoscalingv2.ScalingActive && condition.Status == corev1.ConditionFalse && condition.Reason != "ScalingDisabled":
				a.report(kubernetes.Warning, "AUTOSCALER_INACTIVE", object, "the autoscaler cannot decide: %s", sentence(condition.Reason, condition.Message))
			}
		}
	}
}

func atMaximum(scaler *autoscalingv2.HorizontalPodAutoscaler) bool {
	return scaler.Status.DesiredReplicas >= scaler.Spec.MaxReplicas
}

// addQuotas reports workloads that want more pods in a namespace whose quota is used up.
func (o *Objects) addQuotas(byKey map[kubernetes.Key]*assessment) {
	for _, quota := range o.quotas {
		exhausted := exhaustedResources(quota)
		if len(exhausted) == 0 {
			continue
		}
		for key, a := range byKey {
			if key.Namespace == quota.Namespace && a.workload.Ready < a.workload.Desired {
				a.report(kubernetes.Warning, "QUOTA_EXHAUSTED", "ResourceQuota/"+quota.Name,
					"the namespace's quota of %s is used up", strings.Join(exhausted, ", "))
			}
		}
	}
}

func exhaustedResources(quota *corev1.ResourceQuota) []string {
	var exhausted []string
	for _, name := range slices.Sorted(maps.Keys(quota.Status.Hard)) {
		hard := quota.Status.Hard[name]
		if used, ok := quota.Status.Used[name]; ok && !hard.IsZero() && used.Cmp(hard) >= 0 {
			exhausted = append(exhausted, string(name))
		}
	}
	return exhausted
}
