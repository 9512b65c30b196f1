package verify

import (
	"errors"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Objects are what a folder renders to, by kind, in the order of rendering.
type Objects struct {
	Namespaces      []*corev1.Namespace
	ServiceAccounts []*corev1.ServiceAccount
	ConfigMaps      []*corev1.ConfigMap
	Secrets         []*corev1.Secret
	Services        []*corev1.Service
	Deployments     []*appsv1.Deployment
	Autoscalers     []*autoscalingv2.HorizontalPodAutoscaler
	Budgets         []*policyv1.PodDisruptionBudget
	NetworkPolicies []*networkingv1.NetworkPolicy
	Ingresses       []*networkingv1.Ingress
}

// kustomize keeps the schemas that it has read in variables of its package, without a lock: one rendering at a time.
var kustomize sync.Mutex

// Render runs kustomize on a folder and decodes what comes out. It may be called from any number of goroutines.
func Render(folder string) (*Objects, error) {
	kustomize.Lock()
	defer kustomize.Unlock()
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return nil, fmt.Errorf("run kustomize on %s: %w", folder, err)
	}
	objects := &Objects{}
	for _, resource := range rendered.Resources() {
		text, err := resource.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", resource.CurId(), err)
		}
		if err := objects.Add(text); err != nil {
			return nil, fmt.Errorf("%s: %w", resource.CurId(), err)
		}
	}
	return objects, nil
}

// Add decodes one object, JSON or YAML, strictly. A kind that the portal has no use for is an error.
func (o *Objects) Add(text []byte) error {
	decoder, err := strictDecoder()
	if err != nil {
		return err
	}
	object, kind, err := decoder.Decode(text, nil, nil)
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	switch object := object.(type) {
	case *corev1.Namespace:
		o.Namespaces = append(o.Namespaces, object)
	case *corev1.ServiceAccount:
		o.ServiceAccounts = append(o.ServiceAccounts, object)
	case *corev1.ConfigMap:
		o.ConfigMaps = append(o.ConfigMaps, object)
	case *corev1.Secret:
		o.Secrets = append(o.Secrets, object)
	case *corev1.Service:
		o.Services = append(o.Services, object)
	case *appsv1.Deployment:
		o.Deployments = append(o.Deployments, object)
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.Autoscalers = append(o.Autoscalers, object)
	case *policyv1.PodDisruptionBudget:
		o.Budgets = append(o.Budgets, object)
	case *networkingv1.NetworkPolicy:
		o.NetworkPolicies = append(o.NetworkPolicies, object)
	case *networkingv1.Ingress:
		o.Ingresses = append(o.Ingresses, object)
	default:
		return fmt.Errorf("the portal has no use for %s", kind)
	}
	return nil
}

func strictDecoder() (runtime.Decoder, error) {
	scheme := runtime.NewScheme()
	err := errors.Join(corev1.AddToScheme(scheme), appsv1.AddToScheme(scheme), autoscalingv2.AddToScheme(scheme),
		networkingv1.AddToScheme(scheme), policyv1.AddToScheme(scheme))
	if err != nil {
		return nil, fmt.Errorf("learn the kinds of Kubernetes: %w", err)
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer(), nil
}
