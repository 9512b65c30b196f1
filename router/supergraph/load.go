package supergraph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Load reads supergraph SDL. Its errors say what of the text is not a supergraph.
func Load(sdl string) (*Schema, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "supergraph.graphql", Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("parse supergraph: %w", err)
	}
	l := &loader{doc: doc, schema: &Schema{
		Definitions: map[string]*ast.Definition{},
		Features:    map[string]Feature{},
		byName:      map[string]*Subgraph{},
		objects:     map[string]int{},
		possible:    map[string]TypeSet{},
		roots:       map[ast.Operation]string{},
		resumable:   map[string]*Resumable{},
	}}
	for _, step := range []func() error{
		l.readFeatures, l.checkSecurity, l.readGraphs, l.readDefinitions, l.readRoots, l.numberObjects, l.readTypes, l.readFields,
		l.readMembers, l.readFieldSets, l.readLabels, l.readContexts,
		l.readLive, l.readEvents, l.buildAPI,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("load supergraph: %w", err)
		}
	}
	return l.schema, nil
}

// loader carries what the steps of Load share.
type loader struct {
	doc    *ast.SchemaDocument
	schema *Schema

	// graphs are the subgraphs by the values of join__Graph.
	graphs map[string]*Subgraph

	// join is the prefix of the join specification's elements, ownership says that it is version 0.1.
	join      string
	ownership bool

	pending []pendingSet
}

// pendingSet is a field set that is parsed once all types are known.
type pendingSet struct {
	typename string
	text     string
	into     *FieldSet
}

func (l *loader) schemaDirectives() ast.DirectiveList {
	var list ast.DirectiveList
	for _, def := range append(slices.Clone(l.doc.Schema), l.doc.SchemaExtension...) {
		list = append(list, def.Directives...)
	}
	return list
}

func (l *loader) readFeatures() error {
	for _, directive := range l.schemaDirectives() {
		url := argument(directive, "url")
		if url == "" {
			url = argument(directive, "feature")
		}
		if url == "" {
			continue
		}
		feature := newFeature(url, directive)
		l.schema.Features[feature.Identity] = feature
		if strings.HasSuffix(feature.Identity, "/join") {
			l.join, l.ownership = feature.Name, feature.Version == "v0.1"
		}
	}
	if l.join == "" {
		return fmt.Errorf("the schema does not link the join specification")
	}
	return nil
}

func newFeature(url string, directive *ast.Directive) Feature {
	identity, version := url, ""
	if at := strings.LastIndex(url, "/"); at >= 0 {
		identity, version = url[:at], url[at+1:]
	}
	feature := Feature{Identity: identity, Version: version, Imports: map[string]string{}}
	feature.Name = identity[strings.LastIndex(identity, "/")+1:]
	if as := argument(directive, "as"); as != "" {
		feature.Name = as
	}
	if imports := directive.Arguments.ForName("import"); imports != nil {
		for _, child := range imports.Value.Children {
			name, as := importedName(child.Value)
			feature.Imports[name] = as
		}
	}
	return feature
}

func importedName(value *ast.Value) (name, as string) {
	if value.Kind != ast.ObjectValue {
		return value.Raw, value.Raw
	}
	if v := value.Children.ForName("name"); v != nil {
		name, as = v.Raw, v.Raw
	}
	if v := value.Children.ForName("as"); v != nil {
		as = v.Raw
	}
	return name, as
}

func (l *loader) readGraphs() error {
	l.graphs = map[string]*Subgraph{}
	enum := l.doc.Definitions.ForName(l.join + "__Graph")
	if enum == nil {
		return fmt.Errorf("there is no enum %s__Graph", l.join)
	}
	for _, value := range enum.EnumValues {
		directive := value.Directives.ForName(l.join + "__graph")
		if directive == nil {
			return fmt.Errorf("%s.%s has no @%s__graph", enum.Name, value.Name, l.join)
		}
		subgraph := &Subgraph{Name: argument(directive, "name"), URL: argument(directive, "url"), Types: map[string]*Type{}}
		if l.schema.byName[subgraph.Name] != nil {
			return fmt.Errorf("there are two subgraphs named %q", subgraph.Name)
		}
		l.graphs[value.Name], l.schema.byName[subgraph.Name] = subgraph, subgraph
		l.schema.Subgraphs = append(l.schema.Subgraphs, subgraph)
	}
	slices.SortFunc(l.schema.Subgraphs, func(a, b *Subgraph) int { return cmp.Compare(a.Name, b.Name) })
	for i, subgraph := range l.schema.Subgraphs {
		subgraph.Index = i
	}
	return nil
}

// readDefinitions collects the types that are not machinery.
func (l *loader) readDefinitions() error {
	for _, def := range l.doc.Definitions {
		if l.machinery(def.Name) {
			continue
		}
		if l.schema.Definitions[def.Name] != nil {
			return fmt.Errorf("type %s is defined twice", def.Name)
		}
		l.schema.Definitions[def.Name] = def
	}
	return nil
}

// machinery reports whether a type or directive belongs to a linked specification.
func (l *loader) machinery(name string) bool {
	prefix, _, namespaced := strings.Cut(name, "__")
	for _, feature := range l.schema.Features {
		if namespaced && prefix == feature.Name || name == feature.Name {
			return true
		}
		for _, as := range feature.Imports {
			if strings.TrimPrefix(as, "@") == name {
				return true
			}
		}
	}
	return namespaced && (prefix == "link" || prefix == "core")
}

func (l *loader) readRoots() error {
	for _, def := range append(slices.Clone(l.doc.Schema), l.doc.SchemaExtension...) {
		for _, root := range def.OperationTypes {
			l.schema.roots[root.Operation] = root.Type
		}
	}
	if l.schema.Definitions[l.schema.roots[ast.Query]] == nil {
		return fmt.Errorf("there is no query root type")
	}
	return nil
}

// numberObjects gives every object type its number, and every composite type its runtime types.
func (l *loader) numberObjects() error {
	for name, def := range l.schema.Definitions {
		if def.Kind == ast.Object {
			l.schema.Objects = append(l.schema.Objects, name)
		}
	}
	slices.Sort(l.schema.Objects)
	for i, name := range l.schema.Objects {
		l.schema.objects[name] = i
	}
	n := len(l.schema.Objects)
	for name, def := range l.schema.Definitions {
		switch def.Kind {
		case ast.Object:
			single := Single(l.schema.objects[name], n)
			l.addPossible(name, single)
			for _, iface := range def.Interfaces {
				l.addPossible(iface, single)
			}
		case ast.Union:
			for _, member := range def.Types {
				if i, ok := l.schema.objects[member]; ok {
					l.addPossible(name, Single(i, n))
				}
			}
		}
	}
	return nil
}

func (l *loader) addPossible(name string, set TypeSet) {
	l.schema.possible[name] = l.schema.possible[name].Or(set)
}

// argument is the text of a string, enum or boolean argument, "" when it is absent or null.
func argument(directive *ast.Directive, name string) string {
	a := directive.Arguments.ForName(name)
	if a == nil || a.Value == nil || a.Value.Kind == ast.NullValue {
		return ""
	}
	return a.Value.Raw
}
