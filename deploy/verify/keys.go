package verify

import (
	"path"
	"strings"

	"gopkg.in/yaml.v3"
	corev1 "k8s.io/api/core/v1"
)

// router is the deployment that signs what subgraphs believe.
const router = "router"

// keySettings are the key files that the settings name.
type keySettings struct {
	Token struct {
		KeyFile         string `yaml:"key_file"`
		InternalKeyFile string `yaml:"internal_key_file"`
	} `yaml:"token"`
}

// Keys checks that every pod finds the key files that the settings in the config map's portal.yaml name, in secrets that
// its user can read, and that only the router is given the private key of internal tokens.
func Keys(objects *Objects) []string {
	var problems problems
	settings, err := readKeySettings(objects)
	if err != nil {
		problems.about("portal.yaml")("%v", err)
		return problems.found
	}
	for _, deployment := range objects.Deployments {
		report := problems.about("deployment " + deployment.Name)
		pod := deployment.Spec.Template.Spec
		checkKey(report, pod, "token.key_file", settings.Token.KeyFile)
		item := checkKey(report, pod, "token.internal_key_file", settings.Token.InternalKeyFile)
		if private := strings.Contains(item, "private"); item != "" && private != (deployment.Name == router) {
			report("is given %s as the key of internal tokens", item)
		}
	}
	return problems.found
}

func readKeySettings(objects *Objects) (settings keySettings, err error) {
	for _, object := range objects.ConfigMaps {
		if text, ok := object.Data["portal.yaml"]; ok {
			err = yaml.Unmarshal([]byte(text), &settings)
		}
	}
	return settings, err
}

// checkKey gives the key of the secret that a file comes from; "" when the pods have no such file.
func checkKey(report report, pod corev1.PodSpec, setting, file string) string {
	if file == "" {
		report("has no %s in its settings: each pod would make a key of its own", setting)
		return ""
	}
	secret := secretAt(pod, path.Dir(file))
	if secret == nil {
		report("has no secret at %s for %s", path.Dir(file), setting)
		return ""
	}
	if mode := secret.DefaultMode; mode == nil || *mode != 0o440 {
		report("mounts the secret %s with a mode other than 0440", secret.SecretName)
	}
	if len(secret.Items) == 0 {
		return path.Base(file)
	}
	for _, item := range secret.Items {
		if item.Path == path.Base(file) {
			return item.Key
		}
	}
	report("has no %s in the secret %s for %s", path.Base(file), secret.SecretName, setting)
	return ""
}

// secretAt gives the secret that the first container sees as a folder; nil for none.
func secretAt(pod corev1.PodSpec, folder string) *corev1.SecretVolumeSource {
	if len(pod.Containers) == 0 {
		return nil
	}
	for _, mount := range pod.Containers[0].VolumeMounts {
		for _, volume := range pod.Volumes {
			if mount.MountPath == folder && mount.Name == volume.Name {
				return volume.Secret
			}
		}
	}
	return nil
}
