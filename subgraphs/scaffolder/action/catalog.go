package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"gopkg.in/yaml.v3"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
	"devportal.internal/subgraphs/scaffolder/workspace"
)

const standardFile = "catalog-info.yaml"

func writeEntity(ctx context.Context, request *Request) (Result, error) {
	var input struct {
		FilePath string         `json:"filePath"`
		Entity   map[string]any `json:"entity"`
	}
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	entity, ok := request.Input["entity"].(map[string]any)
	if !ok {
		return Result{}, invalid("the input entity is missing")
	}
	if input.FilePath == "" {
		input.FilePath = standardFile
	}
	var text bytes.Buffer
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(plain(entity)); err != nil {
		return Result{}, fault.Internal("action.writeEntity", err)
	}
	if err := request.Workspace.Write(input.FilePath, text.Bytes(), false); err != nil {
		return Result{}, err
	}
	return Result{}, request.Log(ctx, scaffolder.Info, "wrote "+input.FilePath)
}

// plain turns exact numbers into those that YAML knows.
func plain(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole
		}
		if number, err := value.Float64(); err == nil {
			return number
		}
		return value.String()
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = plain(item)
		}
		return items
	case map[string]any:
		fields := make(map[string]any, len(value))
		for key, item := range value {
			fields[key] = plain(item)
		}
		return fields
	default:
		return value
	}
}

// graphPatience is for how long a graph that does not answer, as while the portal starts, is asked again.
const graphPatience = 2 * time.Minute

// register brings what was published into the catalog.
type register struct{ graph scaffolder.Graph }

type registerInput struct {
	RepoContentsURL string `json:"repoContentsUrl"`
	CatalogInfoPath string `json:"catalogInfoPath"`
	CatalogInfoURL  string `json:"catalogInfoUrl"`
	Optional        bool   `json:"optional"`
}

func (r *register) run(ctx context.Context, request *Request) (Result, error) {
	var input registerInput
	if err := decode(request.Input, &input); err != nil {
		return Result{}, err
	}
	target, err := input.target()
	if err != nil {
		return Result{}, err
	}
	described := describedEntity(request.Workspace, input.CatalogInfoPath)
	if request.DryRun {
		err := request.Log(ctx, scaffolder.Info, "dry run: would register "+target)
		return registered(target, described, nil), err
	}
	refs, err := r.register(ctx, request, target)
	if err != nil && input.Optional && fault.KindOf(err) == fault.KindInvalid {
		message, _ := fault.Message(err)
		return Result{Output: map[string]any{"catalogInfoUrl": target}}, request.Log(ctx, scaffolder.Warn, "not registered: "+message)
	}
	if err != nil {
		return Result{}, err
	}
	err = request.Log(ctx, scaffolder.Info, "registered "+target)
	return registered(target, chosen(refs, described), refs), err
}

// target is where the descriptor is: below the contents of a repository, or at a URL of its own.
func (i registerInput) target() (string, error) {
	if i.CatalogInfoURL != "" {
		return i.CatalogInfoURL, nil
	}
	if i.RepoContentsURL == "" {
		return "", invalid("the input repoContentsUrl, or catalogInfoUrl, is missing")
	}
	name, err := workspace.Clean(strings.TrimLeft(i.infoPath(), "/"))
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(i.RepoContentsURL, "/") + "/" + name, nil
}

func (i registerInput) infoPath() string {
	if i.CatalogInfoPath == "" {
		return standardFile
	}
	return i.CatalogInfoPath
}

func (r *register) register(ctx context.Context, request *Request, target string) ([]string, error) {
	kind := "file"
	if strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") {
		kind = "url"
	}
	ask := func() ([]string, error) {
		refs, err := r.graph.RegisterLocation(ctx, request.Principal, kind, target)
		if err != nil && fault.KindOf(err) != fault.KindUnavailable {
			return nil, backoff.Permanent(err)
		}
		return refs, err
	}
	return backoff.Retry(ctx, ask, backoff.WithMaxElapsedTime(graphPatience))
}

func registered(target, ref string, created []string) Result {
	output := map[string]any{"catalogInfoUrl": target}
	if ref != "" {
		output["entityRef"] = ref
	}
	return Result{Output: output, Created: created}
}

// chosen is the entity that people mean: the one that the workspace describes, a component, or the first.
func chosen(refs []string, described string) string {
	if len(refs) == 0 || slices.Contains(refs, described) {
		return described
	}
	for _, ref := range refs {
		if strings.HasPrefix(ref, "component:") {
			return ref
		}
	}
	return refs[0]
}

// describedEntity is the reference of the first entity of a descriptor in the workspace, or "" where there is none.
func describedEntity(files *workspace.Workspace, name string) string {
	body, err := files.Read(strings.TrimLeft(path.Clean("/"+registerInput{CatalogInfoPath: name}.infoPath()), "/"))
	if err != nil {
		return ""
	}
	var entity struct {
		Kind     string `yaml:"kind"`
		Metadata struct {
			Name      string `yaml:"name"`
			Namespace string `yaml:"namespace"`
		} `yaml:"metadata"`
	}
	if yaml.Unmarshal(body, &entity) != nil || entity.Kind == "" || entity.Metadata.Name == "" {
		return ""
	}
	namespace := entity.Metadata.Namespace
	if namespace == "" {
		namespace = "default"
	}
	return strings.ToLower(fmt.Sprintf("%s:%s/%s", entity.Kind, namespace, entity.Metadata.Name))
}
