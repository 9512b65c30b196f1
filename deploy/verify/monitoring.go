package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

// alertFile is a file of Prometheus rules.
type alertFile struct {
	Groups []struct {
		Name  string      `yaml:"name"`
		Rules []alertRule `yaml:"rules"`
	} `yaml:"groups"`
}

// alertRule is an alert, or a recording when Record is set.
type alertRule struct {
	Alert       string            `yaml:"alert"`
	Record      string            `yaml:"record"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

// Alerts checks a file of Prometheus rules: that expressions parse, and that an alert says how bad it is, what it means
// and what to do.
func Alerts(text []byte) ([]string, error) {
	var file alertFile
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	var problems problems
	seen := map[string]bool{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			report := problems.about("rule " + rule.Alert + rule.Record)
			if seen[rule.Alert+rule.Record] || rule.Alert+rule.Record == "" {
				report("has no name of its own")
			}
			seen[rule.Alert+rule.Record] = true
			checkExpression(report, rule.Expr)
			if rule.Record == "" {
				checkAlert(report, rule)
			}
		}
	}
	return problems.found, nil
}

func checkAlert(report report, rule alertRule) {
	if !slices.Contains([]string{"critical", "warning"}, rule.Labels["severity"]) {
		report("is neither critical nor a warning")
	}
	if rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
		report("does not say what happened and what to do")
	}
	if rule.For != "" {
		if _, err := time.ParseDuration(rule.For); err != nil {
			report("waits for %q, which is no time", rule.For)
		}
	}
}

func checkExpression(report report, expression string) {
	if _, err := parser.NewParser(parser.Options{}).ParseExpr(expression); err != nil {
		report("does not parse: %v", err)
	}
}

// dashboard is a Grafana dashboard as far as it is looked at.
type dashboard struct {
	Title      string
	UID        string
	Templating struct{ List []struct{ Name string } }
	Panels     []struct {
		ID      int
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
}

// Dashboard checks a Grafana dashboard: that its queries parse and use variables that it has, and that no panel lies on
// another.
func Dashboard(text []byte) ([]string, error) {
	var board dashboard
	if err := json.Unmarshal(text, &board); err != nil {
		return nil, fmt.Errorf("read the dashboard: %w", err)
	}
	var problems problems
	variables := []string{"__rate_interval"}
	for _, variable := range board.Templating.List {
		variables = append(variables, variable.Name)
	}
	taken := map[[2]int]string{}
	for _, panel := range board.Panels {
		report := problems.about("panel " + panel.Title)
		if panel.Title == "" || len(panel.Targets) == 0 {
			report("shows nothing")
		}
		for _, target := range panel.Targets {
			checkExpression(report, withVariables(report, target.Expr, variables))
		}
		for x := range panel.GridPos.W {
			for y := range panel.GridPos.H {
				place := [2]int{panel.GridPos.X + x, panel.GridPos.Y + y}
				if other := taken[place]; other != "" && other != panel.Title {
					report("lies on %s", other)
				}
				taken[place] = panel.Title
			}
		}
	}
	if board.UID == "" || len(board.Panels) == 0 {
		problems.about("dashboard " + board.Title)("has no uid or no panels")
	}
	return problems.found, nil
}

// withVariables puts something that parses in the place of each variable.
func withVariables(report report, expression string, variables []string) string {
	return regexp.MustCompile(`\$\{?[A-Za-z_]+\}?`).ReplaceAllStringFunc(expression, func(use string) string {
		name := strings.Trim(use, "${}")
		if !slices.Contains(variables, name) {
			report("uses the variable %s, which the dashboard does not have", name)
		}
		if name == "__rate_interval" {
			return "5m"
		}
		return "x"
	})
}
