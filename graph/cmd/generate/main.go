package main

import (
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/99designs/gqlgen/api"
)

func main() {
	// gqlgen logs every resolver that it finds to be missing; what it writes shows the same.
	log.SetOutput(io.Discard)
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(names []string) error {
	template, err := os.ReadFile("gqlgen.yml")
	if err != nil {
		return fmt.Errorf("read the template (run this from the root of the repository): %w", err)
	}
	if len(names) == 0 {
		if names, err = subgraphs(); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := generate(string(template), name); err != nil {
			return fmt.Errorf("subgraph %s: %w", name, err)
		}
	}
	return nil
}

// subgraphs lists the schemas whose subgraph has a folder, in alphabetical order.
func subgraphs() ([]string, error) {
	schemas, err := filepath.Glob("schema/*.graphqls")
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	var names []string
	for _, schema := range schemas {
		name := strings.TrimSuffix(filepath.Base(schema), ".graphqls")
		if exists(filepath.Join("subgraphs", name)) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names, nil
}

func generate(template, name string) error {
	cfg, err := configure(template, name)
	if err != nil {
		return err
	}
	return api.Generate(cfg, api.AddPlugin(costDirectives{}))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
