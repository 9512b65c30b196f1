package manifests_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/kubernetes"
	"devportal.internal/subgraphs/kubernetes/manifests"
)

var update = flag.Bool("update", false, "rewrite the expected workloads of the archives in testdata")

// Each archive holds manifests and, in the file `workloads`, what they make.
func TestFolderMakesWorkloads(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			dir, want := t.TempDir(), ""
			expected := -1
			for i, file := range archive.Files {
				if file.Name == "workloads" {
					expected, want = i, string(file.Data)
					continue
				}
				write(t, dir, file.Name, string(file.Data))
			}
			got := describe(read(t, dir))
			if *update && expected >= 0 {
				archive.Files[expected].Data = []byte(got)
				if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("workloads (-want +got):\n%s", diff)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) []kubernetes.Workload {
	t.Helper()
	folder, err := manifests.NewFolder("test", dir)
	if err != nil {
		t.Fatal(err)
	}
	workloads, err := folder.Workloads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return workloads
}

func describe(workloads []kubernetes.Workload) string {
	var b strings.Builder
	for _, w := range workloads {
		fmt.Fprintf(&b, "%s %s/%s %d/%d %s pods=%d\n", w.Namespace, w.Kind, w.Name, w.Ready, w.Desired, w.Health, len(w.Pods))
		for _, p := range w.Problems {
			fmt.Fprintf(&b, "  %s %s %s: %s\n", p.Severity, p.Code, p.Object, p.Message)
		}
	}
	return b.String()
}

func TestFolderIsUnavailableAsAWhole(t *testing.T) {
	t.Parallel()
	tests := map[string]func(t *testing.T, dir string){
		"when it is not there":    removeFolder,
		"when a file is not YAML": func(t *testing.T, dir string) { t.Helper(); write(t, dir, "bad.yaml", "a: [") },
		"when an object is malformed": func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, "bad.yaml", "apiVersion: v1\nkind: Pod\nspec: 7\n")
		},
		"when Lists are nested too deep":  func(t *testing.T, dir string) { t.Helper(); write(t, dir, "bad.json", nestedLists(5)) },
		"when a link leads out of it":     linkOut,
		"when a YAML alias bomb is in it": func(t *testing.T, dir string) { t.Helper(); write(t, dir, "bomb.yaml", aliasBomb()) },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			spoil(t, dir)
			folder, err := manifests.NewFolder("test", dir)
			if err != nil {
				t.Fatal(err)
			}
			if workloads, err := folder.Workloads(t.Context()); fault.KindOf(err) != fault.KindUnavailable {
				t.Errorf("workloads %v, error %v; want unavailable", workloads, err)
			}
		})
	}
}

func removeFolder(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

func linkOut(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "out.yaml")); err != nil {
		t.Fatal(err)
	}
}

func nestedLists(depth int) string {
	text := `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}`
	for range depth {
		text = `{"apiVersion":"v1","kind":"List","items":[` + text + `]}`
	}
	return text
}

func aliasBomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 9), ","))
	}
	return b.String()
}
