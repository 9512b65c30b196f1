package nunjucks_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/scaffolder/nunjucks"
)

func renderer(t *testing.T, limits nunjucks.Limits) *nunjucks.Renderer {
	t.Helper()
	r, err := nunjucks.New(limits, map[string]nunjucks.Filter{
		"shout": func(value any, _ ...any) (any, error) { return strings.ToUpper(value.(string)) + "!", nil },
		"fail":  func(any, ...any) (any, error) { return nil, errors.New("it does not work") },
		"parts": func(value any, _ ...any) (any, error) { return map[string]any{"kind": "component", "name": value}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func values() map[string]any {
	return map[string]any{
		"parameters": map[string]any{"name": "shop", "port": 8080, "big": json.Number("12345678901"), "public": false, "tags": []any{"a", "b"}, "empty": []any{}},
		"steps":      map[string]any{"my-step": map[string]any{"output": map[string]any{"url": "https://example.com"}}},
	}
}

func TestEvaluateKeepsTheTypeOfASoleExpression(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want any
	}{
		"a number":                          {"${{ parameters.port }}", json.Number("8080")},
		"a large number":                    {"${{ parameters.big }}", json.Number("12345678901")},
		"a boolean":                         {"${{ parameters.public }}", false},
		"a list":                            {"${{ parameters.tags }}", []any{"a", "b"}},
		"an object":                         {"${{ steps['my-step'].output }}", map[string]any{"url": "https://example.com"}},
		"a string":                          {"${{ parameters.name }}", "shop"},
		"what is not there is null":         {"${{ parameters.nothing.at.all }}", nil},
		"an inline if":                      {"${{ 'yes' if parameters.public else 'no' }}", "no"},
		"strict equality":                   {"${{ parameters.name === 'shop' }}", true},
		"strict inequality":                 {"${{ parameters.name !== 'shop' }}", false},
		"and, or, not":                      {"${{ not parameters.public and (parameters.port or false) }}", json.Number("8080")},
		"a filter of nunjucks":              {"${{ parameters.name | replace('s', 'S') }}", "Shop"},
		"a filter of ours":                  {"${{ parameters.name | shout }}", "SHOP!"},
		"a member of a filter's result":     {"${{ (parameters.name | parts).kind }}", "component"},
		"a filter of a filter":              {"${{ parameters.tags | join('-') | upper }}", "A-B"},
		"a method of a string":              {"${{ parameters.name.toUpperCase() }}", "SHOP"},
		"text around it makes a text":       {"port ${{ parameters.port }}", "port 8080"},
		"two expressions make a text":       {"${{ parameters.port }}${{ parameters.port }}", "80808080"},
		"text without a template is itself": {"just { text }", "just { text }"},
		"whitespace control":                {"${{- parameters.port -}}", json.Number("8080")},
		"a string that looks like a number": {"${{ '8080' }}", "8080"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := renderer(t, nunjucks.Limits{}).Evaluate(t.Context(), tt.text, values())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRenderReadsSkeletons(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text    string
		options nunjucks.Options
		want    string
	}{
		"variables":                {"name: ${{ parameters.name }}\n", nunjucks.Options{}, "name: shop\n"},
		"loops":                    {"{% for t in parameters.tags %}${{ t }},{% endfor %}", nunjucks.Options{}, "a,b,"},
		"dump":                     {"${{ parameters.tags | dump }}", nunjucks.Options{}, `["a","b"]`},
		"nothing is escaped":       {"${{ '<&>' }}", nunjucks.Options{}, "<&>"},
		"braces of other tools":    {"{{ .Values.x }} $${{ parameters.name }}", nunjucks.Options{}, "{{ .Values.x }} $shop"},
		"raw stays raw":            {"{% raw %}${{ github.sha }}{% endraw %}", nunjucks.Options{}, "${{ github.sha }}"},
		"cookiecutter's braces":    {"{{ parameters.tags | jsonify }}", nunjucks.Options{CookiecutterCompat: true}, `["a","b"]`},
		"blocks leave no lines":    {"{% if true %}\nx\n{% endif %}\n", nunjucks.Options{TrimBlocks: true}, "x\n"},
		"an empty list is falsy":   {"{% if parameters.empty.length %}x{% else %}none{% endif %}", nunjucks.Options{}, "none"},
		"undefined renders as ''":  {"[${{ parameters.nothing }}]", nunjucks.Options{}, "[]"},
		"a macro":                  {"{% macro m(x) %}<${{ x }}>{% endmacro %}${{ m('a') }}", nunjucks.Options{}, "<a>"},
		"a default for what is no": {"${{ parameters.nothing | default('x') }}", nunjucks.Options{}, "x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := renderer(t, nunjucks.Limits{}).Render(t.Context(), tt.text, values(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("rendered %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHostileTemplatesEnd(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"an endless loop":                 "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
		"a huge range":                    "{% for i in range(1000000000) %}x{% endfor %}",
		"a huge repetition":               "${{ 'x'.repeat(1000000000) }}",
		"a huge padding":                  "${{ 'x'.padEnd(1000000000) }}",
		"code from text":                  "${{ ''.constructor.constructor('return 1')() }}",
		"code from a macro's constructor": "{% macro m() %}{% endmacro %}${{ m.constructor('return 1')() }}",
		"a macro that calls itself":       "{% macro m() %}${{ m() }}{% endmacro %}${{ m() }}",
		"a file of the machine":           "{% include '/etc/passwd' %}",
		"what does not parse":             "${{ a b c }}",
		"an unknown filter":               "${{ 1 | unheard }}",
		"a filter that fails":             "${{ 1 | fail }}",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := renderer(t, nunjucks.Limits{Time: 300 * time.Millisecond, Text: 1 << 16})
			got, err := r.Render(t.Context(), text, values(), nunjucks.Options{})
			if fault.Code(err) != nunjucks.CodeTemplateInvalid {
				t.Fatalf("rendered %.80q, error %v; want %s", got, err, nunjucks.CodeTemplateInvalid)
			}
			if got, err := r.Render(t.Context(), "${{ 1 + 1 }}", nil, nunjucks.Options{}); err != nil || got != "2" {
				t.Errorf("afterwards the renderer gives %q, %v; want 2", got, err)
			}
		})
	}
}

func TestRenderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := renderer(t, nunjucks.Limits{}).Render(ctx, "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}", nil, nunjucks.Options{})
	if fault.KindOf(err) != fault.KindUnavailable {
		t.Errorf("error = %v, want unavailable", err)
	}
}

func FuzzRender(f *testing.F) {
	f.Add("${{ a | dump }}{% if b %}c{% endif %}")
	f.Add("{# #}{% raw %}{% endraw %}${{- 'x' -}}")
	r, err := nunjucks.New(nunjucks.Limits{Time: time.Second, Text: 1 << 16}, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if out, err := r.Render(t.Context(), text, map[string]any{"a": 1}, nunjucks.Options{}); err == nil && len(out) > 1<<16 {
			t.Errorf("the result has %d bytes", len(out))
		}
	})
}
