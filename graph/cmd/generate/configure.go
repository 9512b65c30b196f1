package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/99designs/gqlgen/codegen/config"
	"github.com/vektah/gqlparser/v2/ast"
)

const (
	variable = "${subgraph}"
	module   = "devportal.internal/"
)

// configure fills in the template for one subgraph.
func configure(template, name string) (*config.Config, error) {
	cfg, err := config.ReadConfig(strings.NewReader(strings.ReplaceAll(template, variable, name)))
	if err != nil {
		return nil, fmt.Errorf("read gqlgen.yml: %w", err)
	}
	if len(cfg.Sources) == 0 {
		return nil, fmt.Errorf("there is no schema/%s.graphqls", name)
	}
	cfg.AutoBind = firstExisting(cfg.AutoBind)
	return cfg, nil
}

// firstExisting keeps the first package of this module whose folder has Go files.
func firstExisting(packages []string) []string {
	for _, pkg := range packages {
		files, err := filepath.Glob(filepath.Join(strings.TrimPrefix(pkg, module), "*.go"))
		if err == nil && len(files) > 0 {
			return []string{pkg}
		}
	}
	return nil
}

// costDirectives declares the federation directives that gqlgen does not know. They are marked as built in, so that
// the schema a subgraph serves to the router is its file in schema/ and nothing else.
type costDirectives struct{}

// Name is the plugin's name.
func (costDirectives) Name() string { return "cost-directives" }

// InjectSourcesEarly gives the declarations.
func (costDirectives) InjectSourcesEarly() ([]*ast.Source, error) {
	return []*ast.Source{{Name: "federation/cost.graphql", BuiltIn: true, Input: `
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`}}, nil
}
