package manifests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/inventory"
)

// Limits of a folder. What is beyond them makes the folder unreadable as a whole, rather than half a cluster.
const (
	maxFiles     = 5_000
	maxFileBytes = 32 << 20
	maxDepth     = 3 // of Lists in Lists
)

// Folder is a cluster in a folder. Make one with [NewFolder].
type Folder struct {
	name    string
	path    string
	decoder runtime.Decoder
}

// NewFolder makes a cluster of this name from the folder at this path. The folder is looked at when it is read.
func NewFolder(name, path string) (*Folder, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, fault.Internal("manifests.NewFolder", err)
		}
	}
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	return &Folder{name: name, path: path, decoder: serializer.NewCodecFactory(scheme).UniversalDeserializer()}, nil
}

// Name implements [kubernetes.Source].
func (f *Folder) Name() string { return f.name }

// Workloads implements [kubernetes.Source]. A file that cannot be read makes the folder unavailable: half a cluster would
// look like an outage.
func (f *Folder) Workloads(ctx context.Context) ([]kubernetes.Workload, error) {
	const op = "manifests.Workloads"
	root, err := os.OpenRoot(f.path)
	if err != nil {
		return nil, fault.Unavailable(op, fmt.Errorf("open the folder of cluster %s: %w", f.name, err))
	}
	defer root.Close()
	names, err := manifestFiles(ctx, root.FS())
	if err != nil {
		return nil, fault.Unavailable(op, err)
	}
	objects := &inventory.Objects{}
	for _, name := range names {
		if err := f.addFile(root, name, objects); err != nil {
			return nil, fault.Unavailable(op, fmt.Errorf("read %s of cluster %s: %w", name, f.name, err))
		}
	}
	return objects.Workloads(f.name), nil
}

// manifestFiles are the YAML and JSON files below the folder, in alphabetical order. Hidden folders are passed over.
func manifestFiles(ctx context.Context, folder fs.FS) ([]string, error) {
	var names []string
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && name != "." && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name)):
			names = append(names, name)
		}
		if len(names) > maxFiles {
			return fmt.Errorf("there are more than %d manifests", maxFiles)
		}
		return nil
	})
	return names, err
}

func (f *Folder) addFile(root *os.Root, name string, objects *inventory.Objects) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return err
	}
	if len(content) > maxFileBytes {
		return fmt.Errorf("it is larger than %d bytes", maxFileBytes)
	}
	documents := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4<<10)
	for {
		var document runtime.RawExtension
		if err := documents.Decode(&document); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := f.addObject(document.Raw, objects, 0); err != nil {
			return err
		}
	}
}

// addObject takes one object in; a List is taken apart. A document without apiVersion or kind is no Kubernetes object.
func (f *Folder) addObject(raw []byte, objects *inventory.Objects, depth int) error {
	if len(bytes.TrimSpace(raw)) == 0 || string(raw) == "null" {
		return nil
	}
	object, _, err := f.decoder.Decode(raw, nil, nil)
	if runtime.IsNotRegisteredError(err) || runtime.IsMissingKind(err) || runtime.IsMissingVersion(err) {
		return nil
	}
	if err != nil {
		return err
	}
	list, isList := object.(*corev1.List)
	if !isList {
		objects.Add(object)
		return nil
	}
	if depth == maxDepth {
		return fmt.Errorf("Lists lie in Lists more than %d deep", maxDepth)
	}
	for _, item := range list.Items {
		if err := f.addObject(item.Raw, objects, depth+1); err != nil {
			return err
		}
	}
	return nil
}
