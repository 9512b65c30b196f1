package verify_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"devportal.internal/deploy/verify"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	whole := render(t, "../base")
	breaks := map[string]struct {
		change func(*verify.Objects)
		want   string
	}{
		"a setting that is gone": {func(o *verify.Objects) {
			for _, settings := range o.ConfigMaps {
				settings.Data["portal.yaml"] = strings.ReplaceAll(settings.Data["portal.yaml"], "internal_key_file", "other")
			}
		}, "each pod would make a key of its own"},
		"a secret that is mounted elsewhere": {func(o *verify.Objects) {
			onSecrets(o, func(secret *corev1.SecretVolumeSource) { secret.Items = nil })
			for _, d := range o.Deployments {
				mounts := d.Spec.Template.Spec.Containers[0].VolumeMounts
				for i := range mounts {
					mounts[i].MountPath += "-elsewhere"
				}
			}
		}, "has no secret at"},
		"the private key for a subgraph": {func(o *verify.Objects) {
			onSecrets(o, func(secret *corev1.SecretVolumeSource) {
				for i := range secret.Items {
					secret.Items[i].Key = "private.pem"
				}
			})
		}, "deployment catalog is given private.pem"},
		"a file that the secret does not give": {func(o *verify.Objects) {
			onSecrets(o, func(secret *corev1.SecretVolumeSource) {
				for i := range secret.Items {
					secret.Items[i].Path = "other.pem"
				}
			})
		}, "has no key.pem in the secret portal-internal-token"},
		"a mode that its user cannot read with": {func(o *verify.Objects) {
			onSecrets(o, func(secret *corev1.SecretVolumeSource) { *secret.DefaultMode = 0o400 })
		}, "with a mode other than 0440"},
	}
	for name, tt := range breaks {
		t.Run("finds "+name, func(t *testing.T) {
			t.Parallel()
			objects := copyOf(whole)
			tt.change(objects)
			wantProblem(t, verify.Keys(objects), tt.want)
		})
	}
}

func onSecrets(objects *verify.Objects, change func(*corev1.SecretVolumeSource)) {
	for _, d := range objects.Deployments {
		for _, volume := range d.Spec.Template.Spec.Volumes {
			if volume.Secret != nil {
				change(volume.Secret)
			}
		}
	}
}
