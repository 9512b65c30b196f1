package plan_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"devportal.internal/router/compose"
	"devportal.internal/router/plan"
)

var update = flag.Bool("update", false, "rewrite the plans in testdata")

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external",
  "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject", "@context", "@fromContext"])
`

// TestGoldenPlans compares plans with those in testdata: each archive holds subgraphs (*.graphqls), an operation, the
// variables that shape the plan if any, the active override labels if any, and the plan.
func TestGoldenPlans(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no archives")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := planOf(t, archive)
			want := section(archive, "plan")
			if *update {
				*want = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(*want), got); diff != "" {
				t.Errorf("%s", diff)
			}
		})
	}
}

// section is the content of a file of an archive; it is added when it is not there.
func section(archive *txtar.Archive, name string) *[]byte {
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			return &archive.Files[i].Data
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: name})
	return &archive.Files[len(archive.Files)-1].Data
}

func planOf(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	var subgraphs []compose.Subgraph
	var query, variables string
	var options plan.Options
	for _, file := range archive.Files {
		switch name := file.Name; {
		case strings.HasSuffix(name, ".graphqls"):
			name = strings.TrimSuffix(name, ".graphqls")
			subgraphs = append(subgraphs, compose.Subgraph{Name: name, URL: "http://" + name, SDL: federation + string(file.Data)})
		case name == "operation.graphql":
			query = string(file.Data)
		case name == "variables.json":
			variables = string(file.Data)
		case name == "labels":
			options.OverrideLabels = strings.Fields(string(file.Data))
		}
	}
	schema, schemas := composed(t, subgraphs)
	p, err := plan.New(schema, options).Plan(context.Background(), normalise(t, schema, query, []byte(variables)))
	if err != nil {
		t.Fatal(err)
	}
	for _, fetch := range p.Fetches {
		mustBeValid(t, schemas[fetch.Subgraph], fetch.Document)
	}
	return plan.Text(p)
}
