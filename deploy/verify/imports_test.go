package verify_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/deploy/verify"
)

func TestSiblingImports(t *testing.T) {
	t.Parallel()
	text := readFile(t, "../../.golangci.yml")
	schemas, err := filepath.Glob("../../schema/*.graphqls")
	if err != nil || len(schemas) == 0 {
		t.Fatalf("there are no schemas: %v", err)
	}
	var names []string
	for _, schema := range schemas {
		names = append(names, strings.TrimSuffix(filepath.Base(schema), ".graphqls"))
	}
	check := func(t *testing.T, text []byte, names []string) []string {
		t.Helper()
		problems, err := verify.SiblingImports(text, names)
		if err != nil {
			t.Fatal(err)
		}
		return problems
	}

	t.Run("are refused by the linter, for every subgraph that has a schema", func(t *testing.T) {
		t.Parallel()
		noProblems(t, check(t, text, names))
	})
	t.Run("of a new subgraph need a rule", func(t *testing.T) {
		t.Parallel()
		problems := check(t, text, append([]string{"security"}, names...))
		wantProblem(t, problems, "the subgraph security has no rule for its folder")
		wantProblem(t, problems, "the subgraph catalog has a rule that is wrong about security")
	})
	t.Run("are not refused when the linter does not run", func(t *testing.T) {
		t.Parallel()
		wantProblem(t, check(t, bytes.Replace(text, []byte("- depguard"), []byte("- unused"), 1), names), "does not run depguard")
	})
}
