package inventory

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Objects are the objects of one cluster that matter here. The zero value is empty and ready.
type Objects struct {
	controllers []controller
	pods        []*corev1.Pod
	autoscalers []*autoscalingv2.HorizontalPodAutoscaler
	quotas      []*corev1.ResourceQuota
}

// controller is an object that makes pods, or is one.
type controller struct {
	kind   string
	meta   metav1.ObjectMeta
	pod    corev1.PodTemplateSpec
	assess func(a *assessment)
}

// Add takes an object in; false means that its kind does not matter here.
func (o *Objects) Add(object runtime.Object) bool {
	switch typed := object.(type) {
	case *appsv1.Deployment:
		o.control("Deployment", typed.ObjectMeta, typed.Spec.Template, func(a *assessment) { a.deployment(typed) })
	case *appsv1.ReplicaSet:
		o.control("ReplicaSet", typed.ObjectMeta, typed.Spec.Template, func(a *assessment) { a.replicaSet(typed) })
	case *appsv1.StatefulSet:
		o.control("StatefulSet", typed.ObjectMeta, typed.Spec.Template, func(a *assessment) { a.statefulSet(typed) })
	case *appsv1.DaemonSet:
		o.control("DaemonSet", typed.ObjectMeta, typed.Spec.Template, func(a *assessment) { a.daemonSet(typed) })
	case *batchv1.Job:
		o.control("Job", typed.ObjectMeta, typed.Spec.Template, func(a *assessment) { a.job(typed) })
	case *batchv1.CronJob:
		o.control("CronJob", typed.ObjectMeta, typed.Spec.JobTemplate.Spec.Template, func(a *assessment) { a.cronJob(typed) })
	case *corev1.Pod:
		o.pods = append(o.pods, typed)
	case *autoscalingv2.HorizontalPodAutoscaler:
		o.autoscalers = append(o.autoscalers, typed)
	case *corev1.ResourceQuota:
		o.quotas = append(o.quotas, typed)
	default:
		return false
	}
	return true
}

func (o *Objects) control(kind string, meta metav1.ObjectMeta, pod corev1.PodTemplateSpec, assess func(*assessment)) {
	o.controllers = append(o.controllers, controller{kind, meta, pod, assess})
}
