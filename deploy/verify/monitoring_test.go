package verify_test

import (
	"os"
	"strings"
	"testing"

	"devportal.internal/deploy/verify"
)

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

const soundAlert = `groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: It is down, description: Look at its log}
`

func TestAlerts(t *testing.T) {
	t.Parallel()
	for name, text := range map[string][]byte{"of the portal": readFile(t, "../monitoring/alerts.yaml"), "that are sound": []byte(soundAlert)} {
		t.Run(name+" have no problem", func(t *testing.T) {
			t.Parallel()
			problems, err := verify.Alerts(text)
			if err != nil {
				t.Fatal(err)
			}
			noProblems(t, problems)
		})
	}

	for name, test := range map[string]struct{ replace, by, want string }{
		"have an expression that does not parse": {"up == 0", "up ==", "does not parse"},
		"be of no severity":                      {"severity: critical", "team: platform", "neither critical nor a warning"},
		"leave open what to do":                  {", description: Look at its log", "", "what to do"},
		"wait for no time":                       {"for: 5m", "for: soon", "waits for"},
		"be without a name":                      {"alert: Down", "alert: ''", "has no name of its own"},
	} {
		t.Run("must not "+name, func(t *testing.T) {
			t.Parallel()
			problems, err := verify.Alerts([]byte(strings.Replace(soundAlert, test.replace, test.by, 1)))
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, problems, test.want)
		})
	}

	t.Run("must not have fields that Prometheus does not have", func(t *testing.T) {
		t.Parallel()
		if _, err := verify.Alerts([]byte(strings.Replace(soundAlert, "for:", "after:", 1))); err == nil {
			t.Error("there is no error")
		}
	})
}

const soundBoard = `{"title": "T", "uid": "u", "templating": {"list": [{"name": "app"}]}, "panels": [
  {"id": 1, "title": "A", "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "targets": [{"expr": "up{app=~\"$app\"}"}]},
  {"id": 2, "title": "B", "gridPos": {"x": 12, "y": 0, "w": 12, "h": 8}, "targets": [{"expr": "rate(a[$__rate_interval])"}]}]}`

func TestDashboard(t *testing.T) {
	t.Parallel()
	for name, text := range map[string][]byte{"of the portal": readFile(t, "../monitoring/dashboard.json"), "that is sound": []byte(soundBoard)} {
		t.Run(name+" has no problem", func(t *testing.T) {
			t.Parallel()
			problems, err := verify.Dashboard(text)
			if err != nil {
				t.Fatal(err)
			}
			noProblems(t, problems)
		})
	}

	for name, test := range map[string]struct{ replace, by, want string }{
		"ask what does not parse":             {"rate(a[$__rate_interval])", "rate(a[", "does not parse"},
		"use a variable that is not there":    {"$app", "$team", "uses the variable team"},
		"lay a panel on another":              {`"x": 12`, `"x": 11`, "lies on A"},
		"have a panel that shows nothing":     {`[{"expr": "rate(a[$__rate_interval])"}]`, "[]", "shows nothing"},
		"be without an id that links can use": {`"uid": "u"`, `"uid": ""`, "has no uid"},
	} {
		t.Run("must not "+name, func(t *testing.T) {
			t.Parallel()
			problems, err := verify.Dashboard([]byte(strings.Replace(soundBoard, test.replace, test.by, 1)))
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, problems, test.want)
		})
	}
}
