package ingest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/catalog"
)

func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i <= levels; i++ {
		prev := "*a" + string(rune('0'+i-1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.Repeat(prev+", ", 8) + prev + "]\n")
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text, code string
	}{
		"aliases that multiply":       {bomb(9), "INVALID_YAML"},
		"an alias of itself":          {"a: &a [*a]\n", "INVALID_YAML"},
		"brackets without end":        {strings.Repeat("[", 1_000_000), "INVALID_YAML"},
		"deep nesting":                {strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000), "INVALID_YAML"},
		"a file that is too large":    {"# " + strings.Repeat("x", 5<<20), "FILE_TOO_LARGE"},
		"a number that JSON lacks":    {"apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec: {n: .inf}\n", "INVALID_SPEC"},
		"a NUL in a quoted text":      {"apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec: {n: \"\\0\"}\n", "INVALID_ENVELOPE"},
		"bytes that are no text":      {"\xff\xfe\x00a: b", "INVALID_YAML"},
		"a tag that names code":       {"apiVersion: v1\nkind: X\nmetadata: {name: !!python/name:os.system x, labels: [1]}\n", "INVALID_METADATA"},
		"a key that is a list":        {"[a, b]: c\n", "INVALID_YAML"},
		"a list instead of an object": {"- a\n", "INVALID_ENVELOPE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.WriteFile(filepath.Join(root, "x.yaml"), []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			reading := read(t, root, nil, catalog.Location{Type: "file", Target: "x.yaml"})
			if len(reading.Errors) != 1 || reading.Errors[0].Code != tt.code || len(reading.Entities) != 0 {
				t.Errorf("entities %d, errors %+v, want %s", len(reading.Entities), reading.Errors, tt.code)
			}
			if len(reading.Errors) > 0 && len(reading.Errors[0].Message) > 1000 {
				t.Errorf("the message has %d bytes", len(reading.Errors[0].Message))
			}
		})
	}
	t.Run("a pipe is not waited for", func(t *testing.T) {
		t.Parallel()
		root := t.TempDir()
		if err := syscall.Mkfifo(filepath.Join(root, "x.yaml"), 0o644); err != nil {
			t.Fatal(err)
		}
		reading := read(t, root, nil, catalog.Location{Type: "file", Target: "*.yaml"})
		if len(reading.Errors) != 1 {
			t.Errorf("errors = %+v", reading.Errors)
		}
	})
}

func TestLocationsBehindURLs(t *testing.T) {
	t.Parallel()
	var asked []string
	files := map[string]string{
		"/acme/shop/main/catalog-info.yaml": `
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: top}
spec: {targets: [./a/api.yaml, "https://127.0.0.1:1/other/host.yaml", /other/repo/main/x.yaml]}
---
apiVersion: backstage.io/v1alpha1
kind: Location
metadata: {name: local}
spec: {type: file, target: /etc/passwd}
`,
		"/acme/shop/main/a/api.yaml": `
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: api}
spec: {type: openapi, lifecycle: x, owner: o, definition: {$text: ./openapi.json}}
---
apiVersion: backstage.io/v1alpha1
kind: API
metadata: {name: foreign}
spec: {type: openapi, lifecycle: x, owner: o, definition: {$text: /other/repo/main/openapi.json}}
`,
		"/acme/shop/main/a/openapi.json": `{"openapi": "3.0.0", "paths": {"/x": {"get": {"operationId": "getX", "deprecated": true}, "post": {}}}}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(server.Close)
	client := urlreader.New(urlreader.Options{PrivateNetworks: true})
	t.Cleanup(client.Close)

	reading := read(t, t.TempDir(), client, catalog.Location{Type: "url", Target: server.URL + "/acme/shop/main/catalog-info.yaml"})
	got := strings.ReplaceAll(summary(reading, ""), server.URL, "HOST")
	want := `entity api:default/api ownedBy=group:default/o
entity location:default/local
entity location:default/top
error HOST/acme/shop/main/a/api.yaml PLACEHOLDER_UNRESOLVED
error HOST/acme/shop/main/catalog-info.yaml LOCATION_TYPE_UNKNOWN
error https://127.0.0.1:1/other/host.yaml TARGET_NOT_ALLOWED
error other/repo/main/x.yaml TARGET_NOT_ALLOWED
faulty api:default/foreign
unread https://127.0.0.1:1/other/host.yaml TARGET_NOT_ALLOWED
unread other/repo/main/x.yaml TARGET_NOT_ALLOWED
`
	if got != want {
		t.Errorf("reading:\n%s\nwant:\n%s", got, want)
	}
	if len(asked) != 3 {
		t.Errorf("the server was asked for %v", asked)
	}
	for _, e := range reading.Entities {
		if e.Entity.Ref == "api:default/api" && len(e.Operations) != 2 {
			t.Errorf("operations = %+v", e.Operations)
		}
	}
}

func TestPrivateAddressesAreNotRead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	t.Cleanup(server.Close)
	client := urlreader.New(urlreader.Options{})
	t.Cleanup(client.Close)
	reading := read(t, t.TempDir(), client, catalog.Location{Type: "url", Target: server.URL + "/a/b/c.yaml"})
	if len(reading.Errors) != 1 || reading.Errors[0].Code != urlreader.CodeURLNotAllowed {
		t.Errorf("errors = %+v", reading.Errors)
	}
}
