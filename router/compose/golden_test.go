package compose_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/compose"
)

var update = flag.Bool("update", false, "rewrite the golden sections of testdata/*.txtar")

// archiveSubgraphs are an archive's files NAME.graphqls.
func archiveSubgraphs(a *txtar.Archive) []compose.Subgraph {
	var subgraphs []compose.Subgraph
	for _, f := range a.Files {
		if name, ok := strings.CutSuffix(f.Name, ".graphqls"); ok {
			subgraphs = append(subgraphs, compose.Subgraph{Name: name, URL: "http://" + name + "/graphql", SDL: string(f.Data)})
		}
	}
	return subgraphs
}

// outcome renders a composition as the golden files of an archive: supergraph.graphql without the definitions that every
// supergraph has, api.graphql and hints.txt, or errors.txt.
func outcome(t *testing.T, subgraphs []compose.Subgraph, options compose.Options) []txtar.File {
	t.Helper()
	result, errs := compose.Compose(subgraphs, options)
	var lines []string
	for _, err := range errs {
		line, _ := json.Marshal(struct {
			Subgraph     string
			Line, Column int
		}{err.Subgraph, err.Line, err.Column})
		lines = append(lines, string(err.Code)+" "+string(line)+"\n"+indented(err.Message))
	}
	if len(errs) > 0 {
		return []txtar.File{{Name: "errors.txt", Data: []byte(strings.Join(lines, ""))}}
	}
	mustBeValid(t, result)
	for _, hint := range result.Hints {
		at := "nowhere"
		if hint.Subgraph != "" {
			at = fmt.Sprintf("%s:%d:%d", hint.Subgraph, hint.Line, hint.Column)
		}
		lines = append(lines, string(hint.Code)+" "+at+"\n"+indented(hint.Message))
	}
	files := []txtar.File{
		{Name: "supergraph.graphql", Data: []byte(withoutMachinery(result.SupergraphSDL))},
		{Name: "api.graphql", Data: []byte(result.APISDL)},
	}
	if len(lines) > 0 {
		files = append(files, txtar.File{Name: "hints.txt", Data: []byte(strings.Join(lines, ""))})
	}
	return files
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ") + "\n"
}

// mustBeValid holds both schemas to be valid GraphQL by an independent validator.
func mustBeValid(t *testing.T, result *compose.Result) {
	t.Helper()
	for _, sdl := range []string{result.SupergraphSDL, result.APISDL} {
		if _, err := gqlparser.LoadSchema(&ast.Source{Input: sdl}); err != nil {
			t.Errorf("the schema is not valid: %v\n%s", err, sdl)
		}
	}
}

// withoutMachinery leaves out the definitions of the link and join specifications, which are the same everywhere.
func withoutMachinery(sdl string) string {
	var kept []string
	for _, block := range strings.Split(strings.TrimSpace(sdl), "\n\n") {
		first := strings.TrimSpace(block)
		isMachinery := slices.ContainsFunc([]string{
			"directive @join__", "directive @link(", "scalar join__", "scalar link__", "enum link__", "input join__",
		}, func(prefix string) bool { return strings.HasPrefix(first, prefix) })
		isRest := strings.HasPrefix(block, "  \"\"\"\n  `EXECUTION`")
		if !isMachinery && !isRest {
			kept = append(kept, block)
		}
	}
	return strings.Join(kept, "\n\n") + "\n"
}

// optionsOf reads an archive's file options.json.
func optionsOf(t *testing.T, a *txtar.Archive) compose.Options {
	t.Helper()
	var options compose.Options
	for _, f := range a.Files {
		if f.Name == "options.json" {
			if err := json.Unmarshal(f.Data, &options); err != nil {
				t.Fatal(err)
			}
		}
	}
	return options
}

func archives(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	return names
}

// TestGolden composes the subgraphs of each archive; an archive's comment says which one idea it shows.
func TestGolden(t *testing.T) {
	t.Parallel()
	for _, name := range archives(t) {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := outcome(t, archiveSubgraphs(a), optionsOf(t, a))
			isInput := func(f txtar.File) bool { return strings.HasSuffix(f.Name, ".graphqls") || f.Name == "options.json" }
			want := slices.DeleteFunc(slices.Clone(a.Files), isInput)
			if *update {
				inputs := slices.DeleteFunc(slices.Clone(a.Files), func(f txtar.File) bool { return !isInput(f) })
				a.Files = append(inputs, got...)
				if err := os.WriteFile(name, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(asMap(want), asMap(got)); diff != "" {
				t.Errorf("composition differs (-want +got):\n%s", diff)
			}
		})
	}
}

func asMap(files []txtar.File) map[string]string {
	m := map[string]string{}
	for _, f := range files {
		m[f.Name] = string(f.Data)
	}
	return m
}
