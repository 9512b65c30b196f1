package server_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/graph/graphtest"
	"devportal.internal/internal/entityindex"
	"devportal.internal/subgraphs/scaffolder"
)

// canary is a secret that is hard to keep: it needs escaping wherever it goes.
const canary = `cAnArY-"7f3a' &?/+=<x>\end`

// leaky is a template that tries to tell its secret in every way that there is.
func leaky(t *testing.T) entityindex.Entity {
	t.Helper()
	folder := filepath.Join("testdata", "leaky")
	file, err := filepath.Abs(filepath.Join(folder, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	entity := template(t, folder)
	entity.Annotations[scaffolder.AnnotationManagedBy] = "file:" + file
	return entity
}

func TestSecretsAreShownAndKeptNowhere(t *testing.T) {
	t.Parallel()
	for name, dryRun := range map[string]bool{"in a dry run": true, "in a real run": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, leaky(t))
			id := p.start(t, map[string]any{"template": "template:default/leaky", "secrets": map[string]any{"KEY": canary, "nested": map[string]any{"list": []any{canary}}}, "dryRun": dryRun})
			got, events := p.ended(t, id)
			if got.Status != "FAILED" && got.Status != "COMPLETED" || len(events) < 8 {
				t.Fatalf("the task is %s: %s\n%+v", got.Status, got.Error, events)
			}
			if got.Status != "COMPLETED" {
				t.Fatalf("the task is %s: %s\n%+v", got.Status, got.Error, events)
			}
			everything := fmt.Sprintf("%+v %+v", got, events) + graphtest.As(p.server, "admin").Data(t, taskDocument, map[string]any{"id": id}) + p.dump(t)
			for _, form := range forms(canary) {
				if strings.Contains(everything, form) {
					t.Errorf("the secret is told as %q in\n%s", form, everything)
				}
			}
			if !strings.Contains(everything, scaffolder.Redacted) {
				t.Error("nothing was redacted: the template did not try")
			}
			if dryRun && len(got.Output.Files) == 0 {
				t.Error("the dry run shows no files")
			}
			if left, _ := os.ReadDir(p.work); len(left) != 0 {
				t.Errorf("workspaces left: %v", left)
			}
		})
	}
}

func forms(secret string) []string {
	return []string{
		secret, "cAnArY", url.QueryEscape(secret), url.PathEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.RawURLEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("x" + secret))[4:24],
		base64.StdEncoding.EncodeToString([]byte("xy" + secret))[4:24], hex.EncodeToString([]byte(secret)),
	}
}

// dump is everything that the scaffolder, its jobs and its events have in the database.
func (p *portal) dump(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"scaffolder.tasks", "scaffolder.steps", "scaffolder.created_entities", "events.log", "events.outbox", "jobs.river_job"} {
		rows, err := p.bench.Pool.Query(t.Context(), "SELECT to_jsonb(t)::text FROM "+table+" t")
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var row string
			if err := rows.Scan(&row); err != nil {
				t.Fatal(err)
			}
			all.WriteString(row + "\n")
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func TestSecretsAreMissedAtTheStartWithoutBeingRepeated(t *testing.T) {
	t.Parallel()
	p := open(t)
	input := map[string]any{"template": "template:default/partner-integration", "parameters": map[string]any{
		"partner": "outdoor-shop", "region": "us",
	}, "secrets": map[string]any{"PARTNER_KEY": "short"}}
	got := graphtest.As(p.server, "admin").Data(t, startDocument, map[string]any{"input": input})
	if strings.Contains(got, "short") || !strings.Contains(got, `"path":["input","secrets","PARTNER_KEY"]`) || !strings.Contains(got, `"FIELD_INVALID"`) {
		t.Errorf("a secret that is too short gives %s", got)
	}
	delete(input, "secrets")
	if got := graphtest.As(p.server, "admin").Data(t, startDocument, map[string]any{"input": input}); !strings.Contains(got, `"FIELD_REQUIRED"`) {
		t.Errorf("a missing secret gives %s", got)
	}
}

func TestThePartnerTemplateKeepsThePartnersKey(t *testing.T) {
	t.Parallel()
	p := open(t)
	id := p.start(t, map[string]any{"template": "template:default/partner-integration", "parameters": map[string]any{
		"partner": "outdoor-shop", "region": "eu", "vatNumber": "DE1",
	}, "secrets": map[string]any{"PARTNER_KEY": "canary-canary"}})
	got, events := p.ended(t, id)
	if got.Status != "COMPLETED" {
		t.Fatalf("the task is %s: %s\n%+v", got.Status, got.Error, events)
	}
	told := fmt.Sprintf("%+v", events)
	for _, want := range []string{"the partner's key is ***", "at most 100 orders a day", "at most 10 returns a day", "VAT number DE1"} {
		if !strings.Contains(told, want) {
			t.Errorf("the events lack %q: %s", want, told)
		}
	}
	text, err := os.ReadFile(filepath.Join(p.repos, "partner-outdoor-shop.git", "outdoor-shop.py"))
	if err != nil || !strings.Contains(string(text), `return f"{{{name}}}"`) {
		t.Errorf("the program is %s, %v", text, err)
	}
	readme, err := os.ReadFile(filepath.Join(p.repos, "partner-outdoor-shop.git", "README.md"))
	if err != nil || !strings.Contains(string(readme), "${{ values.partner }}") {
		t.Errorf("the README was filled in: %s, %v", readme, err)
	}
}
