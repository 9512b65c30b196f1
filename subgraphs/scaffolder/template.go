package scaffolder

import (
	"encoding/json"
	"fmt"
	"strings"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// Annotations that the scaffolder reads.
const (
	AnnotationManagedBy      = "backstage.io/managed-by-location"
	AnnotationSourceTemplate = "backstage.io/source-template"
)

// CodeTemplateUnusable is the code of the fault that a template causes which cannot be run as it is written.
const CodeTemplateUnusable = "TEMPLATE_UNUSABLE"

// Limits of a template.
const (
	maxSteps = 200
	maxPages = 50
)

// Template is what an entity of kind Template says. Its JSON is how a task keeps the template it was started from.
type Template struct {
	Ref   string `json:"ref"`
	Title string `json:"title"`
	// Location is where the template's file is, as "file:/path" or "url:https://…".
	Location string `json:"location,omitempty"`
	// Parameters are the pages of the form, a JSON Schema each.
	Parameters []json.RawMessage `json:"parameters"`
	// SecretsSchema is the JSON Schema of the secrets; empty when there are none.
	SecretsSchema json.RawMessage `json:"secretsSchema,omitempty"`
	Steps         []Step          `json:"steps"`
	Output        Output          `json:"output"`
}

// Step is one thing that a template does. If, Each and Input hold templates in their texts.
type Step struct {
	ID     string          `json:"id"`
	Name   string          `json:"name"`
	Action string          `json:"action"`
	If     json.RawMessage `json:"if,omitempty"`
	Each   json.RawMessage `json:"each,omitempty"`
	Input  json.RawMessage `json:"input,omitempty"`
}

// Output is what a template says that a task of it gives back.
type Output struct {
	Links []OutputLink `json:"links,omitempty"`
	Text  []OutputText `json:"text,omitempty"`
}

// OutputLink is a link of a template's output, before it is filled in.
type OutputLink struct {
	If        json.RawMessage `json:"if,omitempty"`
	Title     string          `json:"title,omitempty"`
	URL       string          `json:"url,omitempty"`
	Icon      string          `json:"icon,omitempty"`
	EntityRef string          `json:"entityRef,omitempty"`
}

// OutputText is a text of a template's output, before it is filled in.
type OutputText struct {
	If      json.RawMessage `json:"if,omitempty"`
	Title   string          `json:"title,omitempty"`
	Icon    string          `json:"icon,omitempty"`
	Content string          `json:"content,omitempty"`
}

// templateSpec is the spec of an entity of kind Template.
type templateSpec struct {
	Parameters json.RawMessage `json:"parameters"`
	Secrets    struct {
		Schema json.RawMessage `json:"schema"`
	} `json:"secrets"`
	Steps  []Step `json:"steps"`
	Output Output `json:"output"`
}

// IsTemplate reports whether an entity is a template.
func IsTemplate(entity entityindex.Entity) bool { return strings.EqualFold(entity.Kind, "template") }

// ParseTemplate reads the template of an entity. One that cannot be run is an invalid fault with code TEMPLATE_UNUSABLE.
func ParseTemplate(entity entityindex.Entity) (*Template, error) {
	var spec templateSpec
	if err := json.Unmarshal(entity.Spec, &spec); err != nil {
		return nil, unusable(entity.Ref, "its spec has a field of another type than a template's")
	}
	template := &Template{
		Ref: entity.Ref, Title: entity.Title, Location: entity.Annotations[AnnotationManagedBy],
		SecretsSchema: nullToEmpty(spec.Secrets.Schema), Steps: spec.Steps, Output: spec.Output,
	}
	if template.Title == "" {
		template.Title = entity.Name
	}
	var err error
	if template.Parameters, err = pages(spec.Parameters); err != nil {
		return nil, unusable(entity.Ref, err.Error())
	}
	if err := template.nameSteps(); err != nil {
		return nil, unusable(entity.Ref, err.Error())
	}
	return template, nil
}

// pages are the pages of a form: one schema, or a list of them.
func pages(raw json.RawMessage) ([]json.RawMessage, error) {
	raw = nullToEmpty(raw)
	if len(raw) == 0 {
		return []json.RawMessage{}, nil
	}
	var list []json.RawMessage
	if raw[0] != '[' {
		list = []json.RawMessage{raw}
	} else if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("its parameters are no JSON Schema")
	}
	if len(list) > maxPages {
		return nil, fmt.Errorf("its form has more than %d pages", maxPages)
	}
	for _, page := range list {
		if len(page) == 0 || page[0] != '{' {
			return nil, fmt.Errorf("its parameters are no JSON Schema")
		}
	}
	return list, nil
}

// nameSteps gives steps without an id or a name one, and refuses what cannot be told apart.
func (t *Template) nameSteps() error {
	if len(t.Steps) == 0 || len(t.Steps) > maxSteps {
		return fmt.Errorf("a template has between 1 and %d steps", maxSteps)
	}
	seen := map[string]bool{}
	for i := range t.Steps {
		step := &t.Steps[i]
		if step.ID == "" {
			step.ID = fmt.Sprintf("step-%d", i+1)
		}
		if step.Name == "" {
			step.Name = step.ID
		}
		if step.Action == "" || seen[step.ID] {
			return fmt.Errorf("the step %q has no action, or shares its id with another", step.ID)
		}
		seen[step.ID] = true
		step.If, step.Each, step.Input = nullToEmpty(step.If), nullToEmpty(step.Each), nullToEmpty(step.Input)
	}
	return nil
}

func nullToEmpty(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}

func unusable(ref, why string) error {
	return fault.Invalid("scaffolder.ParseTemplate", "%s cannot be run: %s", ref, why).
		WithCode(CodeTemplateUnusable).At("input", "template")
}
