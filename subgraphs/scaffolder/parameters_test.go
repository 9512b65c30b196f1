package scaffolder_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder"
)

func parse(t *testing.T, spec string) *scaffolder.Template {
	t.Helper()
	template, err := scaffolder.ParseTemplate(entityindex.Entity{
		Ref: "template:default/t", Kind: "Template", Name: "t", Spec: json.RawMessage(spec),
	})
	if err != nil {
		t.Fatal(err)
	}
	return template
}

const form = `{"steps": [{"action": "debug:log"}], "parameters": [
  {"required": ["name"], "properties": {
    "name": {"type": "string", "pattern": "^[a-z]+$", "ui:autofocus": true},
    "port": {"type": "integer", "default": 8080, "maximum": 65535},
    "region": {"type": "string", "enum": ["eu", "us"]},
    "limits": {"type": "object", "default": {"orders": 5}, "properties": {"orders": {"type": "integer"}, "returns": {"type": "integer", "default": 7}}}},
   "dependencies": {"region": {"oneOf": [
     {"properties": {"region": {"enum": ["us"]}}},
     {"properties": {"region": {"enum": ["eu"]}, "vat": {"type": "string", "maxLength": 4}}, "required": ["vat"]}]}}},
  {"title": "more", "properties": {"tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2}}}]}`

func TestCheckParameters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		given string
		want  []string
	}{
		"takes what fits":                            {`{"name": "a", "tags": ["x"]}`, nil},
		"takes exact numbers":                        {`{"name": "a", "port": 65535}`, nil},
		"misses what is required":                    {`{}`, []string{"FIELD_REQUIRED input.parameters.name"}},
		"misses what a choice requires":              {`{"name": "a", "region": "eu"}`, []string{"FIELD_REQUIRED input.parameters.vat"}},
		"takes the other choice":                     {`{"name": "a", "region": "us"}`, nil},
		"follows the choice that was made":           {`{"name": "a", "region": "eu", "vat": "12345"}`, []string{"FIELD_INVALID input.parameters.vat"}},
		"refuses what is of another type":            {`{"name": 1, "port": "80"}`, []string{"FIELD_TYPE input.parameters.name", "FIELD_TYPE input.parameters.port"}},
		"refuses what is too much, on every page":    {`{"name": "a", "port": 65536, "tags": ["a", "b", "c"]}`, []string{"FIELD_INVALID input.parameters.port", "FIELD_INVALID input.parameters.tags"}},
		"names the place within a list":              {`{"name": "a", "tags": ["a", 1]}`, []string{"FIELD_TYPE input.parameters.tags.1"}},
		"refuses what is no object":                  {`[1]`, []string{"INPUT_INVALID input.parameters"}},
		"refuses a pattern that does not fit":        {`{"name": "A"}`, []string{"FIELD_INVALID input.parameters.name"}},
		"refuses an object within with another type": {`{"name": "a", "limits": {"orders": "x"}}`, []string{"FIELD_TYPE input.parameters.limits.orders"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var given any
			if err := json.Unmarshal([]byte(tt.given), &given); err != nil {
				t.Fatal(err)
			}
			_, err := parse(t, form).CheckParameters(given)
			if diff := cmp.Diff(tt.want, complaints(err)); diff != "" {
				t.Errorf("complaints (-want +got):\n%s", diff)
			}
		})
	}
}

func complaints(err error) (all []string) {
	if err == nil {
		return nil
	}
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the outermost join is split
		list = joined.Unwrap()
	}
	for _, one := range list {
		all = append(all, fmt.Sprint(fault.Code(one), " ", strings.Join(fault.Path(one), ".")))
	}
	slices.Sort(all)
	return all
}

func TestCheckParametersFillsInDefaults(t *testing.T) {
	t.Parallel()
	got, err := parse(t, form).CheckParameters(map[string]any{"name": "a"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"name": "a", "port": json.Number("8080"), "limits": map[string]any{"orders": json.Number("5"), "returns": json.Number("7")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

func TestSchemasThatReachOutAreRefused(t *testing.T) {
	t.Parallel()
	for _, reference := range []string{"https://example.com/schema.json", "file:///etc/passwd", "other.json"} {
		template := parse(t, `{"steps": [{"action": "debug:log"}], "parameters": {"properties": {"a": {"$ref": "`+reference+`"}}}}`)
		if _, err := template.CheckParameters(nil); fault.Code(err) != scaffolder.CodeTemplateUnusable {
			t.Errorf("%s: %v, want %s", reference, err, scaffolder.CodeTemplateUnusable)
		}
	}
}

func TestParseTemplateRefusesWhatCannotBeRun(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]string{
		"no steps": `{}`, "a step without an action": `{"steps": [{"id": "a"}]}`, "steps that share an id": `{"steps": [{"id": "a", "action": "x"}, {"id": "a", "action": "x"}]}`,
		"steps of another type": `{"steps": "x"}`, "parameters that are no schema": `{"steps": [{"action": "x"}], "parameters": [1]}`, "nothing": ``,
	} {
		_, err := scaffolder.ParseTemplate(entityindex.Entity{Ref: "template:default/t", Kind: "Template", Spec: json.RawMessage(spec)})
		if fault.Code(err) != scaffolder.CodeTemplateUnusable {
			t.Errorf("%s: %v, want %s", name, err, scaffolder.CodeTemplateUnusable)
		}
	}
}

// started is when the task of these tests was started.
var started = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) //nolint:gochecknoglobals // a constant of a type that has none

func TestFilters(t *testing.T) {
	t.Parallel()
	filters := scaffolder.Filters(started)
	const place = "github.com?owner=o&repo=r"
	tests := map[string]struct {
		filter string
		value  any
		args   []any
		want   any
	}{
		"a place of a repository": {"parseRepoUrl", place, nil, map[string]any{"host": "github.com", "owner": "o", "repo": "r"}},
		"a slug":                  {"projectSlug", place, nil, "o/r"},
		"a field":                 {"pick", map[string]any{"a": 1}, []any{"a"}, 1},
		"a field of nothing":      {"pick", nil, []any{"a"}, nil},
		"a short reference": {
			"parseEntityRef", "shop",
			[]any{map[string]any{"defaultKind": "component"}},
			map[string]any{"kind": "component", "namespace": "default", "name": "shop"},
		},
		"a whole reference": {"parseEntityRef", "api:x/y", nil, map[string]any{"kind": "api", "namespace": "x", "name": "y"}},
		"the task's time":   {"now", nil, nil, "2026-01-02T03:04:05.000Z"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := filters[tt.filter](tt.value, tt.args...)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
	for filter, value := range map[string]any{"parseRepoUrl": "github.com", "projectSlug": 1, "parseEntityRef": "shop"} {
		if _, err := filters[filter](value); err == nil {
			t.Errorf("%s of %v: no error", filter, value)
		}
	}
}
