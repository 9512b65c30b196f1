package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// prefix begins the names of the variables that are settings.
const prefix = "ROUTER_"

// settings finds the settings that the command line leaves open: in ROUTER_* variables, then in the YAML file that
// --config (or ROUTER_CONFIG) names. `--limits-tokens`, ROUTER_LIMITS_TOKENS and `limits: {tokens: …}` are one setting.
func settings(environ []string) kong.Resolver {
	return &sources{variables: variables(environ)}
}

// settingError names a setting that is not there, or a file that cannot be read. It needs no more context.
type settingError struct{ error }

func badSetting(format string, arguments ...any) error {
	return &settingError{fmt.Errorf(format, arguments...)}
}

// sources are the settings by the name of their flag.
type sources struct {
	variables map[string]string
	file      map[string]any
}

// variables are the ROUTER_* variables by flag name, without those that Kubernetes puts there for services.
func variables(environ []string) map[string]string {
	found := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || strings.Contains(name, "_PORT") || strings.Contains(name, "_SERVICE_") {
			continue
		}
		found[strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, prefix), "_", "-"))] = value
	}
	return found
}

// Validate implements kong.Resolver. It reads the file; only serve has settings from there and from variables.
func (s *sources) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (s *sources) Resolve(ctx *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if ctx.Selected() == nil || ctx.Selected().Name != "serve" || flag.Name == "help" {
		return nil, nil
	}
	if value, given := s.variables[flag.Name]; given {
		return value, nil
	}
	if s.file == nil {
		if err := s.load(ctx); err != nil {
			return nil, err
		}
	}
	return s.file[flag.Name], nil
}

// load reads the file and checks that everything in it, and every variable, is a setting.
func (s *sources) load(ctx *kong.Context) error {
	s.file = map[string]any{}
	known := flagNames(ctx.Selected())
	for _, name := range sortedKeys(s.variables) {
		if !slices.Contains(known, name) {
			return badSetting("unknown setting %s%s", prefix, strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
		}
	}
	path := configPath(ctx, s.variables)
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return badSetting("reading settings: %w", err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return badSetting("reading settings from %s: %s", path, oneLine(err))
	}
	return s.flatten(path, "", tree, known)
}

// flatten names nested settings by their path. A setting that is a map itself is kept whole.
func (s *sources) flatten(path, above string, tree map[string]any, known []string) error {
	for _, key := range sortedKeys(tree) {
		name := above + strings.ReplaceAll(key, "_", "-")
		nested, isMap := tree[key].(map[string]any)
		switch {
		case slices.Contains(known, name):
			s.file[name] = flagValue(tree[key])
		case isMap && slices.ContainsFunc(known, func(flag string) bool { return strings.HasPrefix(flag, name+"-") }):
			if err := s.flatten(path, name+"-", nested, known); err != nil {
				return err
			}
		default:
			return badSetting("unknown setting %s in %s", strings.ReplaceAll(name, "-", "_"), path)
		}
	}
	return nil
}

// flagValue is a value of YAML as a command line would have it.
func flagValue(value any) any {
	switch value := value.(type) {
	case []any:
		items := make([]string, len(value))
		for at, item := range value {
			items[at] = fmt.Sprint(item)
		}
		return strings.Join(items, ",")
	case map[string]any:
		var items []string
		for _, key := range sortedKeys(value) {
			items = append(items, key+"="+fmt.Sprint(value[key]))
		}
		return strings.Join(items, ";")
	}
	return fmt.Sprint(value)
}

// configPath is the file that the command line or the environment names. Flags that were given are parsed by now.
func configPath(ctx *kong.Context, variables map[string]string) string {
	for _, path := range ctx.Path {
		if path.Flag != nil && path.Flag.Name == "config" {
			return fmt.Sprint(ctx.FlagValue(path.Flag))
		}
	}
	return variables["config"]
}

func flagNames(node *kong.Node) []string {
	var names []string
	for _, flag := range node.Flags {
		names = append(names, flag.Name)
	}
	return names
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
