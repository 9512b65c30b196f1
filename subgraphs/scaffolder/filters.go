package scaffolder

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"devportal.internal/subgraphs/scaffolder/nunjucks"
)

// Filters are what templates may call besides nunjucks' own. The time that `now` gives is that of the task, so that a
// step that is done again does the same again.
func Filters(now time.Time) map[string]nunjucks.Filter {
	return map[string]nunjucks.Filter{
		"parseRepoUrl":   func(value any, _ ...any) (any, error) { return parseRepoURL(value) },
		"parseEntityRef": parseEntityRef,
		"pick":           pick,
		"projectSlug":    projectSlug,
		"now": func(any, ...any) (any, error) {
			return now.UTC().Format("2006-01-02T15:04:05.000Z"), nil
		},
	}
}

// parseRepoURL reads what a RepoUrlPicker gives: "github.com?owner=o&repo=r".
func parseRepoURL(value any) (map[string]any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("parseRepoUrl: expected a text such as github.com?owner=o&repo=r")
	}
	parsed, err := url.Parse("https://" + text)
	if err != nil || parsed.Host == "" {
		return nil, fmt.Errorf("parseRepoUrl: %q is no place of a repository", text)
	}
	parts := map[string]any{"host": parsed.Host}
	for _, name := range []string{"owner", "repo", "organization", "workspace", "project"} {
		if part := parsed.Query().Get(name); part != "" {
			parts[name] = part
		}
	}
	if parts["repo"] == nil && parts["project"] == nil {
		return nil, fmt.Errorf("parseRepoUrl: %q names no repository", text)
	}
	return parts, nil
}

func projectSlug(value any, _ ...any) (any, error) {
	parts, err := parseRepoURL(value)
	if err != nil {
		return nil, err
	}
	owner, repo := parts["owner"], parts["repo"]
	if owner == nil || repo == nil {
		return nil, fmt.Errorf("projectSlug: the place of the repository has no owner or no repo")
	}
	return fmt.Sprintf("%v/%v", owner, repo), nil
}

func pick(value any, args ...any) (any, error) {
	object, ok := value.(map[string]any)
	if !ok || len(args) == 0 {
		return nil, nil
	}
	return object[fmt.Sprint(args[0])], nil
}

// parseEntityRef takes a reference apart; its argument may hold defaultKind and defaultNamespace.
func parseEntityRef(value any, args ...any) (any, error) {
	text, ok := value.(string)
	if !ok || text == "" {
		return nil, fmt.Errorf("parseEntityRef: expected a reference such as component:default/checkout")
	}
	var defaults map[string]any
	if len(args) > 0 {
		defaults, _ = args[0].(map[string]any)
	}
	kind, _ := defaults["defaultKind"].(string)
	namespace, _ := defaults["defaultNamespace"].(string)
	if namespace == "" {
		namespace = "default"
	}
	rest := text
	if before, after, found := strings.Cut(rest, ":"); found {
		kind, rest = before, after
	}
	if before, after, found := strings.Cut(rest, "/"); found {
		namespace, rest = before, after
	}
	if kind == "" || namespace == "" || rest == "" {
		return nil, fmt.Errorf("parseEntityRef: %q has no kind, or no name", text)
	}
	return map[string]any{"kind": kind, "namespace": namespace, "name": rest}, nil
}
