package verify_test

import (
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"

	"devportal.internal/deploy/verify"
)

func policy(t *testing.T, objects *verify.Objects, name string) *networkingv1.NetworkPolicy {
	t.Helper()
	for _, policy := range objects.NetworkPolicies {
		if policy.Name == name {
			return policy
		}
	}
	t.Fatalf("there is no network policy %s", name)
	return nil
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	rendered := render(t, "../base")
	for name, test := range map[string]struct {
		change func(t *testing.T, o *verify.Objects)
		want   string
	}{
		"allow by default": {func(_ *testing.T, o *verify.Objects) {
			o.NetworkPolicies = slices.DeleteFunc(o.NetworkPolicies,
				func(p *networkingv1.NetworkPolicy) bool { return p.Name == "default-deny" })
		}, "do not deny everything first"},
		"keep the router from the subgraphs": {func(t *testing.T, o *verify.Objects) {
			policy(t, o, "router").Spec.Egress = nil
		}, "from router to catalog on graphql is closed where it begins"},
		"keep the subgraphs from the router": {func(t *testing.T, o *verify.Objects) {
			policy(t, o, "subgraphs").Spec.Ingress = nil
		}, "from router to catalog on graphql is closed where it ends"},
		"let one subgraph speak to another": {func(t *testing.T, o *verify.Objects) {
			policy(t, o, "subgraphs").Spec.Ingress[0].From[0].PodSelector.MatchLabels = map[string]string{"app.kubernetes.io/part-of": "portal"}
		}, "from docs to catalog on graphql is open at an end"},
		"open a metrics port to the portal": {func(t *testing.T, o *verify.Objects) {
			policy(t, o, "router").Spec.Egress[0].Ports = nil
		}, "from router to catalog on admin is open at an end"},
		"lead to everybody": {func(t *testing.T, o *verify.Objects) {
			policy(t, o, "data").Spec.Egress[0].To = nil
		}, "has a rule for every port or for everybody"},
		"lead to the cloud's metadata": {func(t *testing.T, o *verify.Objects) {
			policy(t, o, "outside").Spec.Egress[0].To[0].IPBlock.Except = []string{"10.0.0.0/8"}
		}, "leads to the private address 169.254.169.254"},
	} {
		t.Run("must not "+name, func(t *testing.T) {
			t.Parallel()
			objects := copyOf(rendered)
			test.change(t, objects)
			wantProblem(t, verify.Network(objects, wantedPaths()), test.want)
		})
	}
}
