package verify

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"
)

// lintFile is .golangci.yml as far as it is looked at.
type lintFile struct {
	Linters struct {
		Enable   []string
		Settings struct {
			Depguard struct {
				Rules map[string]struct {
					Files []string
					Deny  []struct{ Pkg string }
				}
			}
		}
	}
}

// SiblingImports checks that the linter's settings keep each subgraph from importing every other.
func SiblingImports(text []byte, subgraphs []string) ([]string, error) {
	var file lintFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read the linter's settings: %w", err)
	}
	var problems problems
	if !slices.Contains(file.Linters.Enable, "depguard") {
		problems.about("the linter")("does not run depguard")
	}
	for _, name := range subgraphs {
		report := problems.about("the subgraph " + name)
		rule := file.Linters.Settings.Depguard.Rules[name+"-imports-no-sibling"]
		if !slices.Equal(rule.Files, []string{"**/subgraphs/" + name + "/**"}) {
			report("has no rule for its folder")
		}
		for _, sibling := range subgraphs {
			denied := false
			for _, deny := range rule.Deny {
				denied = denied || deny.Pkg == "devportal.internal/subgraphs/"+sibling
			}
			if denied == (sibling == name) {
				report("has a rule that is wrong about %s", sibling)
			}
		}
	}
	return problems.found, nil
}
