package compose_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/router/compose"
	"devportal.internal/router/internal/cases"
)

// referenceCase is an input of a composer with the verdict and the error codes of the reference composer.
type referenceCase struct {
	ID         string             `json:"id"`
	About      string             `json:"about"`
	OK         bool               `json:"ok"`
	ErrorCodes []string           `json:"errorCodes"`
	Subgraphs  []compose.Subgraph `json:"subgraphs"`
}

func referenceCases(t *testing.T) []referenceCase {
	t.Helper()
	var all []referenceCase
	lines := bufio.NewScanner(bytes.NewReader(cases.Shared(t, "composition-cases.jsonl")))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c referenceCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// deviations reads testdata/deviations.txt: an id, then why its codes differ from the reference's.
func deviations(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/deviations.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		id, reason, _ := strings.Cut(line, " ")
		known[id] = reason
	}
	return known
}

func codesOf(errs []compose.Error) []string {
	var codes []string
	for _, err := range errs {
		codes = append(codes, string(err.Code))
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

func TestTheReferenceCasesGetTheSameVerdictAndCodes(t *testing.T) {
	t.Parallel()
	known := deviations(t)
	cases := referenceCases(t)
	agreed := 0
	for _, c := range cases {
		_, errs := compose.Compose(c.Subgraphs, compose.Options{})
		got, want := codesOf(errs), slices.Clone(c.ErrorCodes)
		slices.Sort(want)
		want = slices.Compact(want)
		if c.OK != (len(errs) == 0) {
			t.Errorf("%s (%s): composes %t, the reference says %t: %v", c.ID, c.About, len(errs) == 0, c.OK, errs)
		}
		same := slices.Equal(got, want)
		if same {
			agreed++
		}
		if _, deviates := known[c.ID]; deviates == same {
			t.Errorf("%s (%s): deviates %t, testdata/deviations.txt says %t (-reference +ours):\n%s",
				c.ID, c.About, !same, deviates, cmp.Diff(want, got))
		}
	}
	if want := len(cases) - len(known); agreed != want || len(cases) != 251 {
		t.Errorf("%d of %d cases agree, want %d of 251", agreed, len(cases), want)
	}
}

func TestEverySuiteOfTheGatewayAuditComposes(t *testing.T) {
	t.Parallel()
	suites := cases.Suites(t)
	if len(suites) != 23 {
		t.Errorf("got %d suites, want 23", len(suites))
	}
	for _, suite := range suites {
		if _, errs := compose.Compose(suite.Subgraphs, compose.Options{}); len(errs) > 0 {
			t.Errorf("%s does not compose: %v", suite.ID, errs)
		}
	}
}
