package testsubgraph

import (
	"maps"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Running is a subgraph that is served over HTTP.
type Running struct {
	Name, SDL, URL string
	Server         *Server
}

// Start serves subgraphs, by name, from one table until the test ends. They are in the order of their names.
func Start(t testing.TB, sdls map[string]string, table *Table, resolvers map[string]Resolver) []*Running {
	t.Helper()
	var out []*Running
	known := implementations(t, sdls)
	for _, name := range slices.Sorted(maps.Keys(sdls)) {
		server, err := New(Config{Name: name, SDL: sdls[name], Table: table, Implementations: known, Resolvers: resolvers})
		if err != nil {
			t.Fatal(err)
		}
		listener := httptest.NewServer(server)
		t.Cleanup(listener.Close)
		out = append(out, &Running{Name: name, SDL: sdls[name], URL: listener.URL, Server: server})
	}
	return out
}

// Requests is how many requests all have had.
func Requests(all []*Running) int {
	n := 0
	for _, s := range all {
		n += s.Server.Requests()
	}
	return n
}

// implementations are the object types of each interface, in any subgraph.
func implementations(t testing.TB, sdls map[string]string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, sdl := range sdls {
		doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
		if err != nil {
			t.Fatal(err)
		}
		for _, def := range append(doc.Definitions, doc.Extensions...) {
			for _, i := range def.Interfaces {
				out[i] = append(out[i], def.Name)
			}
		}
	}
	return out
}
