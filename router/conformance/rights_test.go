package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"pgregory.net/rapid"

	"devportal.internal/router/access"
	"devportal.internal/router/execute"
	"devportal.internal/router/internal/testsubgraph"
	"devportal.internal/router/operation"
	"devportal.internal/router/supergraph"
	"devportal.internal/router/upstream"
)

// TestSplitKeepsWhatIsProtected puts random policies on the elements of a random supergraph, gives a caller some of them, and
// compares the router's answers with those of one server in which everything that the caller may not have fails. No
// subgraph may be asked for any of that.
func TestSplitKeepsWhatIsProtected(t *testing.T) {
	t.Parallel()
	asked, denied := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, true)
		s := split(t, w)
		if s == nil {
			return
		}
		d := &drawer{t: t, w: w, plain: true}
		p := d.protect(s.schema)
		rules, err := access.New(s.schema)
		if err != nil {
			t.Fatal(err)
		}
		rights := rules.Rights(access.Caller{SignedIn: true}, func(name string) bool { return p.granted[name] })
		s.whole = newServer(t, testsubgraph.Config{Name: "whole", SDL: s.schema.APISource, Table: p.without(s.table)})
		view := rules.View(rights)
		p.checkView(t, view)
		for range operationsOfWorld {
			ran, some := s.askProtected(t, d.drawOperation(s.schema.API), p, rules, rights, view)
			asked, denied = asked+ran, denied+some
		}
	})
	t.Logf("%d operations asked, %d of them partly denied", asked, denied)
}

// protection is who may have what of a world, worked out without package access.
type protection struct {
	w       *world
	schema  *supergraph.Schema
	types   map[string][]string // policies by type
	fields  map[string][]string // by Type.field
	granted map[string]bool
}

var protectedBy = []string{"p0", "p1", "p2", "p3"}

// protect draws policies for types and fields, and puts them into the supergraph.
func (d *drawer) protect(schema *supergraph.Schema) *protection {
	p := &protection{w: d.w, schema: schema, types: map[string][]string{}, fields: map[string][]string{}, granted: map[string]bool{}}
	schema.Features["https://specs.apollo.dev/policy"] = supergraph.Feature{Name: "guarded"}
	for _, name := range protectedBy {
		p.granted[name] = d.oneIn(2)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Definitions)) {
		def := schema.Definitions[name]
		if def.Kind == ast.Union || name == "Query" {
			continue
		}
		if def.Kind != ast.Scalar && d.oneIn(8) {
			p.types[name] = d.demand(&def.Directives)
		}
		for _, field := range def.Fields {
			if d.oneIn(6) {
				p.fields[name+"."+field.Name] = d.demand(&field.Directives)
			}
		}
	}
	for _, field := range schema.Definitions["Query"].Fields {
		if d.oneIn(10) {
			p.fields["Query."+field.Name] = d.demand(&field.Directives)
		}
	}
	p.inherit()
	return p
}

// demand demands a policy of an element.
func (d *drawer) demand(on *ast.DirectiveList) []string {
	name := pick(d, protectedBy)
	value := &ast.Value{Kind: ast.StringValue, Raw: name}
	list := func(v *ast.Value) *ast.Value {
		return &ast.Value{Kind: ast.ListValue, Children: ast.ChildValueList{{Value: v}}}
	}
	*on = append(*on, &ast.Directive{Name: "guarded", Arguments: ast.ArgumentList{{Name: "policies", Value: list(list(value))}}})
	return []string{name}
}

// inherit gives implementations what their interface demands and none of them does.
func (p *protection) inherit() {
	i := p.w.iface
	if i == nil || p.schema.Definitions["I"] == nil {
		return
	}
	var types []string
	for _, e := range i.members {
		types = append(types, p.types[e.name]...)
	}
	for _, e := range i.members {
		p.types[e.name] = append(p.types[e.name], beyond(p.types["I"], types)...)
	}
	for _, field := range p.schema.Definitions["I"].Fields {
		var fields []string
		for _, e := range i.members {
			fields = append(fields, p.fields[e.name+"."+field.Name]...)
		}
		for _, e := range i.members {
			at := e.name + "." + field.Name
			p.fields[at] = append(p.fields[at], beyond(p.fields["I."+field.Name], fields)...)
		}
	}
}

func beyond(list, known []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return slices.Contains(known, name) })
}

func (p *protection) has(policies []string) bool {
	return !slices.ContainsFunc(policies, func(name string) bool { return !p.granted[name] })
}

// mayHave says whether the caller may have a field of an object type.
func (p *protection) mayHave(typename, name string) bool {
	def := p.schema.Field(typename, name)
	if def == nil || !p.has(p.types[typename]) || !p.reads(typename, name) {
		return false
	}
	named := def.Type.Name()
	switch p.schema.Definitions[named] {
	case nil:
		return true
	default:
		if kind := p.schema.Definitions[named].Kind; kind != ast.Interface && kind != ast.Union {
			return p.has(p.types[named])
		}
	}
	return slices.ContainsFunc(p.schema.Names(p.schema.Possible(named)), func(object string) bool { return p.has(p.types[object]) })
}

// reads says whether the caller may have all that a field is computed from.
func (p *protection) reads(typename, name string) bool {
	if !p.has(p.fields[typename+"."+name]) {
		return false
	}
	e := p.w.entity(typename)
	if e == nil {
		return true
	}
	for _, f := range e.fields {
		if f.name != name {
			continue
		}
		for _, g := range f.needs {
			if !p.has(p.types[typename]) || !p.has(p.types[g.named]) || !p.reads(typename, g.name) {
				return false
			}
			if v := p.w.value(g.named); v != nil && (!p.has(p.fields[v.name+"."+v.fields[0].name]) || !p.has(p.types[v.fields[0].named])) {
				return false
			}
			if p.w.entity(g.named) != nil && !p.has(p.fields[g.named+".id"]) {
				return false
			}
		}
	}
	return true
}

// anybody are the rights of some other caller.
func (p *protection) anybody(t *rapid.T, rules *access.Rules) access.Rights {
	d := &drawer{t: t}
	has := map[string]bool{}
	for _, name := range protectedBy {
		has[name] = d.oneIn(2)
	}
	return rules.Rights(access.Caller{SignedIn: true}, func(name string) bool { return has[name] })
}

var denied = map[string]any{"$error": "denied"}

// without is a table in which what the caller may not have fails.
func (p *protection) without(table *testsubgraph.Table) *testsubgraph.Table {
	out := &testsubgraph.Table{Objects: map[string]testsubgraph.Object{}, Roots: map[string]testsubgraph.Object{}}
	for key, object := range table.Objects {
		out.Objects[key] = p.object(object["__typename"].(string), object)
	}
	for root, object := range table.Roots {
		out.Roots[root] = p.object(root, object)
	}
	return out
}

func (p *protection) object(typename string, from map[string]any) map[string]any {
	out := map[string]any{}
	for name, value := range from {
		switch def := p.schema.Field(typename, name); {
		case def == nil:
			out[name] = value
		case !p.mayHave(typename, name):
			out[name] = denied
		default:
			out[name] = p.value(def.Type.Name(), value)
		}
	}
	return out
}

func (p *protection) value(named string, value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for at, item := range value {
			list[at] = p.value(named, item)
		}
		return list
	case map[string]any:
		if is, ok := value["is"].(map[string]any); ok {
			out := map[string]any{}
			for argument, item := range is {
				out[argument] = p.value(named, item)
			}
			return map[string]any{"$by": value["$by"], "is": out}
		}
		if ref, ok := value["$ref"].(string); ok {
			typename, _, _ := strings.Cut(ref, "-")
			if !p.has(p.types[typename]) {
				return denied
			}
			return value
		}
		if value["$error"] == nil && p.w.value(named) != nil {
			return p.object(named, value)
		}
	}
	return value
}

// checkView says what of a view is not what the caller may have.
func (p *protection) checkView(t *rapid.T, view *access.View) {
	for name, def := range view.API.Types {
		if def.Kind != ast.Object || strings.HasPrefix(name, "__") {
			continue
		}
		for _, field := range def.Fields {
			if !strings.HasPrefix(field.Name, "__") && !p.mayHave(name, field.Name) {
				t.Fatalf("the view shows %s.%s", name, field.Name)
			}
		}
	}
	text, err := view.SDL()
	if err != nil {
		t.Fatal(err)
	}
	if len(view.API.Query.Fields) <= 2 { // but __schema and __type
		return
	}
	if _, err := gqlparser.LoadSchema(&ast.Source{Input: text}); err != nil {
		t.Fatalf("the view is no valid schema: %v\n%s", err, text)
	}
}

// recorded is what subgraphs were asked.
type recorded struct {
	inProcess
	mu   sync.Mutex
	sent map[string][]string
}

func (r *recorded) Do(ctx context.Context, req *upstream.Request) (*upstream.Response, error) {
	var body struct{ Query string }
	if err := json.Unmarshal(req.Body, &body); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.sent[req.Subgraph] = append(r.sent[req.Subgraph], body.Query)
	r.mu.Unlock()
	return r.inProcess.Do(ctx, req)
}

// askProtected compares the answers to an operation. It returns whether it was asked, and whether any of it was denied.
func (s *splitWorld) askProtected(
	t *rapid.T, query string, p *protection, rules *access.Rules, rights access.Rights, view *access.View,
) (asked, denied int) {
	doc, err := operation.Parse(s.schema, query, operation.Options{})
	if err != nil {
		return 0, 0
	}
	op, _ := doc.Operation("")
	coerced, _ := op.CoerceVariables(nil)
	whole, err := op.Normalise(coerced)
	if err != nil {
		t.Fatal(err)
	}
	filtered, names := rules.Filter(whole, rights)
	if len(names) > 0 {
		denied = 1
	}
	other, touched := p.anybody(t, rules), rules.Touched(op.Definition)
	if _, theirs := rules.Filter(whole, other); other.KeyFor(touched) == rights.KeyFor(touched) && !cmp.Equal(names, theirs) {
		t.Fatalf("two callers share the plan of %s, of which %v is denied to one and %v to the other", query, names, theirs)
	}
	if seen := operation.Check(view.API, query, operation.Options{}); seen == nil && len(names) > 0 {
		t.Fatalf("the view has all of %s, of which %v is denied\n%s", query, names, s.text())
	}
	made, err := s.planner.Plan(context.Background(), filtered)
	if err != nil {
		t.Fatalf("planning: %v\n%s\n%s", err, query, s.text())
	}
	program, err := execute.New(made, execute.Options{MaxErrors: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	vars := execute.Variables{}
	for _, name := range coerced.Names() {
		vars[name], _ = coerced.JSON(name)
	}
	client := &recorded{inProcess: s.parts, sent: map[string][]string{}}
	resp := program.Execute(context.Background(), &execute.Request{Client: client, Variables: vars})
	s.compare(t, query, resp.Bytes(), made)
	resp.Release()
	for subgraph, documents := range client.sent {
		for _, document := range documents {
			p.checkSent(t, subgraph, document, query)
		}
	}
	return 1, denied
}

// checkSent looks for what the caller may not have in what was sent, but for keys, which identify entities.
func (p *protection) checkSent(t *rapid.T, subgraph, document, query string) {
	doc, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		t.Fatal(err)
	}
	objectAt := ""
	if p.w.iface != nil && p.w.iface.object >= 0 {
		objectAt = fmt.Sprintf("s%d", p.w.iface.object)
	}
	var walk func(typename string, selections ast.SelectionSet)
	walk = func(typename string, selections ast.SelectionSet) {
		for _, selection := range selections {
			switch selection := selection.(type) {
			case *ast.InlineFragment:
				walk(selection.TypeCondition, selection.SelectionSet)
			case *ast.Field:
				named := ""
				if def := p.schema.Field(typename, selection.Name); def != nil {
					named = def.Type.Name()
					isKey := selection.Name == "id" || selection.Name == "code"
					for _, object := range p.schema.Names(p.schema.Possible(typename)) {
						if !isKey && !p.mayHave(object, selection.Name) && (typename != "I" || subgraph != objectAt) {
							t.Fatalf("%s was asked for %s.%s, by %s\nfor %s", subgraph, object, selection.Name, document, query)
						}
					}
				}
				walk(named, selection.SelectionSet)
			}
		}
	}
	walk("Query", doc.Operations[0].SelectionSet)
}
