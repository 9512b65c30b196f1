package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"devportal.internal/router/compose"
)

// composeCommand composes the subgraphs of a file, or of JSON on standard input.
type composeCommand struct {
	Config string `help:"File that names the subgraphs: {subgraphs: {NAME: {routing_url: URL, schema: {file: FILE}}}}." placeholder:"FILE"`
	Out    string `help:"Where the supergraph is written; standard output if absent." placeholder:"FILE"`
	API    bool   `name:"api" help:"Write the API schema that clients see, in place of the supergraph."`
	Hints  bool   `help:"Show what is worth knowing about the subgraphs, though it stops nothing."`

	IncludeTags []string `help:"Make a contract of what has one of these @tags; the rest is composed and hidden from clients." placeholder:"TAG"`
	ExcludeTags []string `help:"Make a contract without what has one of these @tags." placeholder:"TAG"`

	Format string `help:"Form of the result: sdl, or json ({supergraphSdl, hints} or {errors}). Without --config, json reads subgraphs from standard input as [{name, url, sdl}]." enum:"sdl,json" default:"sdl"`
}

// Run composes.
func (c *composeCommand) Run(p process) error {
	subgraphs, err := c.subgraphs(p.in)
	if err != nil {
		return err
	}
	result, errs := compose.Compose(subgraphs, compose.Options{IncludeTags: c.IncludeTags, ExcludeTags: c.ExcludeTags})
	if c.Format == "json" {
		return c.writeJSON(p, result, errs)
	}
	if len(errs) > 0 {
		for _, err := range errs {
			fmt.Fprintf(p.err, "%s%s: %s\n", place(err.Subgraph, err.Line, err.Column), err.Code, err.Message)
		}
		return errReported
	}
	if err := c.writeHints(p, result.Hints); err != nil {
		return err
	}
	if c.API {
		return c.write(p, []byte(result.APISDL))
	}
	return c.write(p, []byte(result.SupergraphSDL))
}

func (c *composeCommand) subgraphs(in io.Reader) ([]compose.Subgraph, error) {
	switch {
	case c.Config != "":
		return configured(c.Config)
	case c.Format != "json":
		return nil, fmt.Errorf("compose needs --config, or --format json and subgraphs on standard input")
	}
	var subgraphs []compose.Subgraph
	if err := json.NewDecoder(in).Decode(&subgraphs); err != nil {
		return nil, fmt.Errorf("reading subgraphs from standard input: %w", err)
	}
	return subgraphs, nil
}

// supergraphConfig is the file that names the subgraphs.
type supergraphConfig struct {
	// FederationVersion is read and not used: every version is composed alike.
	FederationVersion string `yaml:"federation_version"`

	Subgraphs map[string]struct {
		RoutingURL string `yaml:"routing_url"`
		Schema     struct {
			File string `yaml:"file"`
		} `yaml:"schema"`
	} `yaml:"subgraphs"`
}

// configured reads the subgraphs that a file names. Their files are relative to it.
func configured(path string) ([]compose.Subgraph, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading subgraphs: %w", err)
	}
	defer func() { _ = file.Close() }()
	var config supergraphConfig
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		return nil, fmt.Errorf("reading subgraphs from %s: %s", path, oneLine(err))
	}
	var subgraphs []compose.Subgraph
	for _, name := range sortedKeys(config.Subgraphs) {
		subgraph := config.Subgraphs[name]
		schema := subgraph.Schema.File
		if !filepath.IsAbs(schema) {
			schema = filepath.Join(filepath.Dir(path), schema)
		}
		sdl, err := os.ReadFile(schema)
		if err != nil {
			return nil, fmt.Errorf("reading the schema of subgraph %s: %w", name, err)
		}
		subgraphs = append(subgraphs, compose.Subgraph{Name: name, URL: subgraph.RoutingURL, SDL: string(sdl)})
	}
	return subgraphs, nil
}

// writeJSON writes the result for programs. Errors are its result too, with exit status 1.
func (c *composeCommand) writeJSON(p process, result *compose.Result, errs []compose.Error) error {
	var answer any
	if len(errs) > 0 {
		answer = map[string]any{"errors": errs}
	} else {
		answer = map[string]any{"supergraphSdl": result.SupergraphSDL, "hints": append([]compose.Hint{}, result.Hints...)}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if err := c.write(p, append(text, '\n')); err != nil {
		return err
	}
	if len(errs) > 0 {
		return errReported
	}
	return nil
}

// writeHints shows the hints, or says that there are some.
func (c *composeCommand) writeHints(p process, hints []compose.Hint) error {
	if !c.Hints && len(hints) > 0 {
		_, err := fmt.Fprintf(p.err, "%d hints: --hints shows them\n", len(hints))
		return err
	}
	for _, hint := range hints {
		if _, err := fmt.Fprintf(p.err, "%shint %s: %s\n", place(hint.Subgraph, hint.Line, hint.Column), hint.Code, hint.Message); err != nil {
			return err
		}
	}
	return nil
}

// place begins a line about an element of a subgraph as compilers do: `SUBGRAPH:LINE:COLUMN: `, as far as it is known.
func place(subgraph string, line, column int) string {
	switch {
	case subgraph == "":
		return ""
	case line == 0:
		return subgraph + ": "
	}
	return fmt.Sprintf("%s:%d:%d: ", subgraph, line, column)
}

func (c *composeCommand) write(p process, text []byte) error {
	if c.Out == "" {
		_, err := p.out.Write(text)
		return err
	}
	if err := os.WriteFile(c.Out, text, 0o644); err != nil {
		return fmt.Errorf("writing the supergraph: %w", err)
	}
	return nil
}
