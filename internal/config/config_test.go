package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/config"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "portal.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, s config.Sources) *config.Settings {
	t.Helper()
	settings, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func TestLoad(t *testing.T) {
	t.Parallel()
	t.Run("nothing set gives valid defaults", func(t *testing.T) {
		t.Parallel()
		s := load(t, config.Sources{})
		if s.Listen != "127.0.0.1:4000" || s.AdminListen != "127.0.0.1:4001" || s.Catalog.Refresh != 2*time.Minute {
			t.Errorf("settings = %+v", s)
		}
		if !filepath.IsAbs(s.Data) {
			t.Errorf("data = %q, want an absolute path", s.Data)
		}
	})
	t.Run("a flag wins over the environment, which wins over the file", func(t *testing.T) {
		t.Parallel()
		path := file(t, "listen: 127.0.0.1:1\ndata: d\nlog: {level: debug, format: json}\n")
		s := load(t, config.Sources{
			File:  path,
			Env:   []string{"PORTAL_LISTEN=127.0.0.1:2", "PORTAL_LOG_LEVEL=warn", "HOME=/x"},
			Flags: map[string]string{"listen": "127.0.0.1:3"},
		})
		got := []string{s.Listen, s.Log.Level, s.Log.Format, s.Data}
		want := []string{"127.0.0.1:3", "warn", "json", filepath.Join(filepath.Dir(path), "d")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("records are read with defaults, and their paths are relative to the file", func(t *testing.T) {
		t.Parallel()
		path := file(t, `
catalog:
  locations:
    - {type: file, target: ./catalog-info.yaml, rules: [{allow: [User, Group]}]}
    - {type: url, target: "https://example.com/all.yaml"}
cost:
  tags: [{tag: app.kubernetes.io/name, entity: "label:app"}, {tag: service}]
kubernetes:
  clusters: [{name: eu, folder: kubernetes/eu}]
`)
		s := load(t, config.Sources{File: path})
		dir := filepath.Dir(path)
		if diff := cmp.Diff([]config.Location{
			{Type: "file", Target: filepath.Join(dir, "catalog-info.yaml"), Rules: []config.Rule{{Allow: []string{"User", "Group"}}}},
			{Type: "url", Target: "https://example.com/all.yaml"},
		}, s.Catalog.Locations); diff != "" {
			t.Errorf("locations (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]config.TagRule{
			{Tag: "app.kubernetes.io/name", Entity: "label:app", Kind: "component"},
			{Tag: "service", Entity: "ref", Kind: "component"},
		}, s.Cost.Tags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]config.Cluster{{Name: "eu", Folder: filepath.Join(dir, "kubernetes/eu")}}, s.Kubernetes.Clusters); diff != "" {
			t.Errorf("clusters (-want +got):\n%s", diff)
		}
	})
	t.Run("lists come from the environment by commas, records as YAML", func(t *testing.T) {
		t.Parallel()
		s := load(t, config.Sources{Env: []string{
			"PORTAL_FILE_ROOTS=/a, /b",
			"PORTAL_SUBGRAPHS_URLS=[{name: catalog, url: 'http://catalog:4100/graphql'}]",
			"PORTAL_CONFIG=" + file(t, "urls: {private_networks: true}"),
		}})
		if diff := cmp.Diff([]string{"/a", "/b"}, s.FileRoots); diff != "" {
			t.Errorf("roots (-want +got):\n%s", diff)
		}
		if len(s.Subgraphs.URLs) != 1 || s.Subgraphs.URLs[0].Name != "catalog" || !s.URLs.PrivateNetworks {
			t.Errorf("settings = %+v", s)
		}
	})
	t.Run("what Kubernetes injects is ignored", func(t *testing.T) {
		t.Parallel()
		load(t, config.Sources{Env: []string{"PORTAL_PORT=tcp://10.0.0.1:80", "PORTAL_PORT_80_TCP_ADDR=x", "PORTAL_SERVICE_HOST=x"}})
	})
	t.Run("an empty file is an empty layer", func(t *testing.T) {
		t.Parallel()
		load(t, config.Sources{File: file(t, "# nothing\n")})
	})
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		yaml  string
		env   []string
		flags map[string]string
		parts []string
	}{
		"an unknown key":               {yaml: "catalog:\n  locatons: []\n", parts: []string{"catalog.locatons", "line 2"}},
		"an unknown key in a record":   {yaml: "catalog:\n  locations: [{type: file, target: x, tpe: y}]\n", parts: []string{"tpe", "catalog.locations", "item 1"}},
		"an unknown variable":          {env: []string{"PORTAL_LISTN=x"}, parts: []string{"PORTAL_LISTN"}},
		"an unknown flag":              {flags: map[string]string{"listn": "x"}, parts: []string{"--listn"}},
		"a duration without unit":      {env: []string{"PORTAL_GRACE_PERIOD=5"}, parts: []string{"grace_period", "PORTAL_GRACE_PERIOD"}},
		"a negative duration":          {env: []string{"PORTAL_CATALOG_REFRESH=-5m"}, parts: []string{"catalog.refresh", "greater than zero"}},
		"a bad choice":                 {yaml: "log: {level: loud}\n", parts: []string{"log.level", "debug"}},
		"an address without port":      {flags: map[string]string{"listen": "localhost"}, parts: []string{"listen", "HOST:PORT"}},
		"a location of unknown type":   {yaml: "catalog: {locations: [{type: ftp, target: x}]}\n", parts: []string{"catalog.locations", "type"}},
		"a location without target":    {yaml: "catalog: {locations: [{type: file}]}\n", parts: []string{"target", "must be set"}},
		"an origin with a path":        {env: []string{"PORTAL_ALLOWED_ORIGINS=https://a.example/x"}, parts: []string{"allowed_origins", "item 1"}},
		"a group that is a text":       {yaml: "catalog: x\n", parts: []string{"catalog"}},
		"a list that is a text":        {yaml: "file_roots: x\n", parts: []string{"file_roots", "list"}},
		"a tag rule that fits nothing": {yaml: "cost: {tags: [{tag: a, entity: 'label:'}]}\n", parts: []string{"cost.tags", "entity"}},
		"broken YAML":                  {yaml: "a: [\n", parts: []string{"portal.yaml"}},
		"a setting that is set twice":  {yaml: "data: a\ndata: b\n", parts: []string{"data"}},
		"no next port":                 {flags: map[string]string{"listen": "127.0.0.1:65535"}, parts: []string{"admin_listen"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sources := config.Sources{Env: tt.env, Flags: tt.flags}
			if tt.yaml != "" {
				sources.File = file(t, tt.yaml)
			}
			_, err := config.Load(sources)
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
			for _, part := range tt.parts {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not name %q", err, part)
				}
			}
		})
	}
	t.Run("a missing file is named", func(t *testing.T) {
		t.Parallel()
		if _, err := config.Load(config.Sources{File: "/nowhere.yaml"}); err == nil || !strings.Contains(err.Error(), "/nowhere.yaml") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("no error shows a value", func(t *testing.T) {
		t.Parallel()
		for _, env := range []string{"PORTAL_LISTEN=canary", "PORTAL_CATALOG_REFRESH=canary", "PORTAL_CATALOG_LOCATIONS=[canary", "PORTAL_OTLP_ENDPOINT=canary"} {
			if _, err := config.Load(config.Sources{Env: []string{env}}); err == nil || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: error = %v", env, err)
			}
		}
	})
}

func TestParseFlags(t *testing.T) {
	t.Parallel()
	t.Run("values, switches and flags of the command's own", func(t *testing.T) {
		t.Parallel()
		got, err := config.ParseFlags([]string{
			"--listen", "127.0.0.1:1", "--config=x.yaml", "--urls-private-networks", "--user", "user:default/a",
		}, "user")
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"listen": "127.0.0.1:1", "config": "x.yaml", "urls-private-networks": "true", "user": "user:default/a",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	for name, args := range map[string][]string{
		"an unknown flag":        {"--user", "x"},
		"a bare word":            {"serve"},
		"a flag without value":   {"--listen"},
		"a flag that is doubled": {"--data=a", "--data=b"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			t.Parallel()
			if _, err := config.ParseFlags(args); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range config.Describe() {
		if s.Doc == "" || seen[s.Flag] || seen[s.Env] {
			t.Errorf("setting %s: undocumented or a name twice: %+v", s.Key, s)
		}
		seen[s.Flag], seen[s.Env] = true, true
	}
	var table strings.Builder
	if err := config.WriteTable(&table); err != nil || !strings.Contains(table.String(), "PORTAL_CATALOG_REFRESH") {
		t.Errorf("table %q, %v", table.String(), err)
	}
}
