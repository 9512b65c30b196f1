package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxFileBytes bounds the settings file.
const maxFileBytes = 1 << 20

// flagLayer reads flags. A relative path in one is relative to the working folder.
func flagLayer(flags map[string]string) (layer, error) {
	byFlag := map[string]leaf{}
	for _, l := range leaves() {
		byFlag[l.flag()] = l
	}
	set := layer{}
	for name, text := range flags {
		l, ok := byFlag[name]
		if !ok {
			return nil, fmt.Errorf("unknown flag --%s", name)
		}
		set[l.key] = textValue(l, text, "flag --"+name)
	}
	return set, nil
}

// envLayer reads the variables that begin with PORTAL_. PORTAL_CONFIG names the file. What Kubernetes injects for a
// service named portal is ignored, and so are the settings of tests.
func envLayer(environ []string) (set layer, file string, err error) {
	byEnv := map[string]leaf{}
	for _, l := range leaves() {
		byEnv[l.env()] = l
	}
	set = layer{}
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		l, known := byEnv[name]
		switch {
		case known:
			set[l.key] = textValue(l, text, name)
		case name == envPrefix+"CONFIG":
			file = text
		case strings.HasPrefix(name, envPrefix) && !ignored(name):
			return nil, "", fmt.Errorf("unknown setting %s in the environment", name)
		}
	}
	return set, file, nil
}

func ignored(name string) bool {
	return strings.Contains(name, "_PORT") || strings.Contains(name, "_SERVICE_") ||
		strings.HasPrefix(name, envPrefix+"TEST_")
}

// fileLayer reads the YAML file; "" gives an empty layer.
func fileLayer(path string) (layer, error) {
	if path == "" {
		return layer{}, nil
	}
	text, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("read the settings file %s: %w", path, err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read the settings file %s: %s", path, oneLine(err))
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	set := layer{}
	if len(document.Content) == 0 {
		return set, nil
	}
	w := fileWalker{path: path, folder: folder, known: map[string]leaf{}, groups: map[string]bool{"": true}, set: set}
	w.learn()
	return set, w.walk(document.Content[0], "")
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	var pathErr *fs.PathError
	switch {
	case errors.As(err, &pathErr):
		return nil, pathErr.Err
	case err != nil:
		return nil, err
	case info.Size() > maxFileBytes:
		return nil, fmt.Errorf("it is larger than %d bytes", maxFileBytes)
	}
	return os.ReadFile(path)
}

// fileWalker turns the tree of a file into values by key.
type fileWalker struct {
	path   string
	folder string
	known  map[string]leaf
	groups map[string]bool
	set    layer
}

func (w *fileWalker) learn() {
	for _, l := range leaves() {
		w.known[l.key] = l
		for i := range l.key {
			if l.key[i] == '.' {
				w.groups[l.key[:i]] = true
			}
		}
	}
}

func (w *fileWalker) walk(node *yaml.Node, group string) error {
	node = resolved(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: want settings by name", w.at(group, node))
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, child := node.Content[i], resolved(node.Content[i+1])
		key := name.Value
		if group != "" {
			key = group + "." + name.Value
		}
		if err := w.entry(key, name, child); err != nil {
			return err
		}
	}
	return nil
}

func (w *fileWalker) entry(key string, name, child *yaml.Node) error {
	l, known := w.known[key]
	switch {
	case known && w.isSet(key):
		return fmt.Errorf("%s is set twice", w.at(key, name))
	case known:
		w.set[l.key] = value{node: child, source: fmt.Sprintf("%s line %d", w.path, name.Line), folder: w.folder}
		return nil
	case w.groups[key] && !strings.HasSuffix(key, "."):
		return w.walk(child, key)
	default:
		return fmt.Errorf("unknown %s", w.at(key, name))
	}
}

func (w *fileWalker) isSet(key string) bool { _, ok := w.set[key]; return ok }

func (w *fileWalker) at(key string, node *yaml.Node) string {
	return fmt.Sprintf("setting %s (%s line %d)", key, w.path, node.Line)
}

func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
