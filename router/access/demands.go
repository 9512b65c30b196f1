package access

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// set is a set of demands by their numbers.
type set = supergraph.TypeSet

// kind is which directive a demand comes from.
type kind uint8

const (
	signedIn kind = iota
	scopes
	policies
)

// demand is what one directive asks for: one of the alternatives, and all that it names. Being signed in has none.
type demand struct {
	kind         kind
	alternatives [][]string
}

// key is equal for two demands that ask for the same.
func (d demand) key() string {
	var out strings.Builder
	out.WriteByte('0' + byte(d.kind))
	for _, names := range d.alternatives {
		out.WriteByte(0)
		out.WriteString(strings.Join(names, "\x01"))
	}
	return out.String()
}

// met reports whether all names of one of the alternatives are had.
func (d demand) met(has func(string) bool) bool {
	return slices.ContainsFunc(d.alternatives, func(names []string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !has(name) })
	})
}

// table numbers demands. Being signed in is number 0.
type table struct {
	demands []demand
	numbers map[string]int
}

func newTable() *table {
	t := &table{numbers: map[string]int{}}
	t.number(demand{kind: signedIn})
	return t
}

func (t *table) number(d demand) int {
	key := d.key()
	at, known := t.numbers[key]
	if !known {
		at = len(t.demands)
		t.numbers[key] = at
		t.demands = append(t.demands, d)
	}
	return at
}

func single(number int) set { return supergraph.Single(number, number+1) }

const specifications = "https://specs.apollo.dev/"

// directives are the names that a supergraph has for the directives of access; "" for one that it does not link.
type directives struct{ authenticated, scopes, policy string }

func directivesOf(schema *supergraph.Schema) directives {
	return directives{localName(schema, "authenticated"), localName(schema, "requiresScopes"), localName(schema, "policy")}
}

// localName is the name of the directive that a specification is called after (link specification, version 1.0).
func localName(schema *supergraph.Schema, name string) string {
	feature, linked := schema.Features[specifications+name]
	if !linked {
		return ""
	}
	if as := feature.Imports["@"+name]; as != "" {
		return strings.TrimPrefix(as, "@")
	}
	return feature.Name
}

// requirement is what the directives on one element ask for.
func (r *reader) requirement(on ast.DirectiveList) set {
	var needed set
	for _, directive := range on {
		switch directive.Name {
		case "":
		case r.names.authenticated:
			needed = needed.Or(single(0))
		case r.names.scopes:
			needed = needed.Or(single(r.table.number(demand{scopes, alternatives(directive, "scopes")})))
		case r.names.policy:
			needed = needed.Or(single(r.table.number(demand{policies, alternatives(directive, "policies")})))
		}
	}
	return needed
}

// alternatives reads a list of lists of names, in an order that does not depend on how it is written.
func alternatives(directive *ast.Directive, argument string) [][]string {
	given := directive.Arguments.ForName(argument)
	if given == nil || given.Value == nil {
		return nil
	}
	var list [][]string
	for _, all := range given.Value.Children {
		names := []string{}
		for _, name := range all.Value.Children {
			names = append(names, name.Value.Raw)
		}
		if all.Value.Kind != ast.ListValue { // a value where a list is expected is a list of it
			names = []string{all.Value.Raw}
		}
		slices.Sort(names)
		list = append(list, slices.Compact(names))
	}
	slices.SortFunc(list, slices.Compare[[]string])
	return slices.CompactFunc(list, slices.Equal[[]string])
}
