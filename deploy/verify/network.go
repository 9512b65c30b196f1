package verify

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Path is a way from the pods of one deployment to those of another, on a named port.
type Path struct{ From, To, Port string }

// Network checks that the policies deny everything first, and that between the portal's own pods they allow exactly the
// wanted paths, at both ends.
func Network(objects *Objects, wanted []Path) []string {
	var problems problems
	if !deniesByDefault(objects.NetworkPolicies) {
		problems.about("network policies")("do not deny everything first")
	}
	for _, policy := range objects.NetworkPolicies {
		checkOutside(problems.about("network policy "+policy.Name), policy)
	}
	for _, from := range objects.Deployments {
		for _, to := range objects.Deployments {
			for _, port := range to.Spec.Template.Spec.Containers[0].Ports {
				path := Path{from.Name, to.Name, port.Name}
				out := objects.allows(path, port, networkingv1.PolicyTypeEgress)
				in := objects.allows(path, port, networkingv1.PolicyTypeIngress)
				report := problems.about("the way from " + path.From + " to " + path.To + " on " + path.Port)
				switch want := slices.Contains(wanted, path); {
				case want && !out:
					report("is closed where it begins")
				case want && !in:
					report("is closed where it ends")
				case !want && (in || out):
					report("is open at an end, and nobody needs it")
				}
			}
		}
	}
	return problems.found
}

func deniesByDefault(policies []*networkingv1.NetworkPolicy) bool {
	return slices.ContainsFunc(policies, func(policy *networkingv1.NetworkPolicy) bool {
		return len(policy.Spec.PodSelector.MatchLabels)+len(policy.Spec.PodSelector.MatchExpressions) == 0 &&
			len(policy.Spec.PolicyTypes) == 2 && len(policy.Spec.Ingress)+len(policy.Spec.Egress) == 0
	})
}

// allows says whether some policy lets the path through at its beginning (egress) or its end (ingress).
func (o *Objects) allows(path Path, port corev1.ContainerPort, direction networkingv1.PolicyType) bool {
	here, there := path.From, path.To
	if direction == networkingv1.PolicyTypeIngress {
		here, there = path.To, path.From
	}
	for _, policy := range o.NetworkPolicies {
		if !o.isSelected(here, policy.Spec.PodSelector) {
			continue
		}
		for _, rule := range rulesOf(policy, direction) {
			if hasRulePort(rule.ports, port) && o.hasPeer(rule.peers, there) {
				return true
			}
		}
	}
	return false
}

// rule is what ingress and egress rules have in common.
type rule struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

func rulesOf(policy *networkingv1.NetworkPolicy, direction networkingv1.PolicyType) []rule {
	var rules []rule
	if direction == networkingv1.PolicyTypeIngress {
		for _, ingress := range policy.Spec.Ingress {
			rules = append(rules, rule{ingress.From, ingress.Ports})
		}
		return rules
	}
	for _, egress := range policy.Spec.Egress {
		rules = append(rules, rule{egress.To, egress.Ports})
	}
	return rules
}

func hasRulePort(ports []networkingv1.NetworkPolicyPort, port corev1.ContainerPort) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		return p.Port == nil || p.Port.StrVal == port.Name || p.Port.IntVal == port.ContainerPort
	})
}

// hasPeer looks at peers within the namespace; one that names a namespace or addresses is somebody else.
func (o *Objects) hasPeer(peers []networkingv1.NetworkPolicyPeer, deployment string) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		return peer.NamespaceSelector == nil && peer.IPBlock == nil && peer.PodSelector != nil &&
			o.isSelected(deployment, *peer.PodSelector)
	})
}

func (o *Objects) isSelected(deployment string, selector metav1.LabelSelector) bool {
	compiled, err := metav1.LabelSelectorAsSelector(&selector)
	if err != nil {
		compiled = labels.Nothing()
	}
	return slices.Contains(o.selected(compiled), deployment)
}

// checkOutside wants rules for addresses to leave out private ones, and every rule to name its ports and peers.
func checkOutside(report report, policy *networkingv1.NetworkPolicy) {
	rules := append(rulesOf(policy, networkingv1.PolicyTypeIngress), rulesOf(policy, networkingv1.PolicyTypeEgress)...)
	for _, rule := range rules {
		if len(rule.ports) == 0 || len(rule.peers) == 0 {
			report("has a rule for every port or for everybody")
		}
		for _, peer := range rule.peers {
			if peer.IPBlock == nil {
				continue
			}
			for _, private := range []string{"10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.1"} {
				if covers(peer.IPBlock, private) {
					report("leads to the private address %s", private)
				}
			}
		}
	}
}

func covers(block *networkingv1.IPBlock, address string) bool {
	inside := func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		return err == nil && prefix.Contains(netip.MustParseAddr(address))
	}
	return inside(block.CIDR) && !slices.ContainsFunc(block.Except, inside)
}
