package plan_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"devportal.internal/router/upstream"
)

// resolver answers operations over a schema from a world. In a subgraph, sub is set: only what the subgraph resolves
// may be asked of it, and @requires are checked against the representation.
type resolver struct {
	world  *world
	schema *ast.Schema
	sub    *worldSub

	mu       sync.Mutex
	problems []string
}

// object is an object of a world: its concrete type, its id, and the representation that it came by.
type object struct {
	typename string
	id       string
	sent     map[string]any
}

func (r *resolver) problem(format string, arguments ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, fmt.Sprintf(format, arguments...))
}

// answer executes a document.
func (r *resolver) answer(document string, variables map[string]any) any {
	query, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		r.problem("%v: %s", err, document)
		return nil
	}
	if errs := validator.ValidateWithRules(r.schema, query, rules.NewDefaultRules()); len(errs) > 0 {
		r.problem("%v: %s", errs, document)
		return nil
	}
	op := query.Operations[0]
	data, ok := r.selectionSet(object{typename: "Query", id: "Query"}, op.SelectionSet, variables)
	if !ok {
		return nil
	}
	return data
}

// collect is CollectFields for one object, in order.
func (r *resolver) collect(o object, set ast.SelectionSet, into *[]*ast.Field) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			*into = append(*into, selection)
		case *ast.InlineFragment:
			if r.applies(o, selection.TypeCondition) {
				r.collect(o, selection.SelectionSet, into)
			}
		case *ast.FragmentSpread:
			if r.applies(o, selection.Definition.TypeCondition) {
				r.collect(o, selection.Definition.SelectionSet, into)
			}
		}
	}
}

func (r *resolver) applies(o object, condition string) bool {
	if condition == "" || condition == o.typename {
		return true
	}
	t := r.world.entity(o.typename)
	return t != nil && (t.iface == condition || condition == "U" && slices.Contains(r.world.members(), o.typename))
}

// selectionSet answers an object's fields; not ok where a non-null field is null.
func (r *resolver) selectionSet(o object, set ast.SelectionSet, variables map[string]any) (map[string]any, bool) {
	var fields []*ast.Field
	r.collect(o, set, &fields)
	result := map[string]any{}
	merged := map[string]ast.SelectionSet{}
	for _, f := range fields {
		merged[f.Alias] = append(merged[f.Alias], f.SelectionSet...)
	}
	for _, f := range fields {
		if _, done := result[f.Alias]; done {
			continue
		}
		v, ok := r.field(o, f, merged[f.Alias], variables)
		if !ok {
			return nil, false
		}
		result[f.Alias] = v
	}
	return result, true
}

func (r *resolver) field(o object, f *ast.Field, set ast.SelectionSet, variables map[string]any) (any, bool) {
	switch f.Name {
	case "__typename":
		if r.sub != nil && r.world.entity(o.typename) != nil && r.sub.ifaces[r.world.entity(o.typename).iface] {
			return r.world.entity(o.typename).iface, true
		}
		return o.typename, true
	case "_entities":
		return r.entities(f, set, variables), true
	}
	r.check(o, f)
	def := f.Definition
	if t := r.schema.Types[o.typename]; t != nil && t.Fields.ForName(f.Name) != nil {
		def = t.Fields.ForName(f.Name)
	}
	seed := r.seed(o, f, variables)
	return r.complete(def.Type, o.id+"."+f.Name, seed, set, variables)
}

// check notes when a subgraph is asked for what it does not resolve.
func (r *resolver) check(o object, f *ast.Field) {
	t := r.world.entity(o.typename)
	if r.sub == nil || t == nil || r.sub.ifaces[t.iface] {
		return
	}
	for _, known := range t.fields {
		external := known.name == f.Name && !slices.Contains(known.subs, r.sub.name)
		if external && !r.world.provided(t, f.Name, r.sub.name) {
			r.problem("subgraph %s is asked for %s.%s, which is external there", r.sub.name, o.typename, f.Name)
		}
	}
}

// seed is what a field's value follows from.
func (r *resolver) seed(o object, f *ast.Field, variables map[string]any) string {
	seed := o.id + "." + f.Name
	if argument := f.Arguments.ForName("x"); argument != nil {
		v, _ := argument.Value.Value(variables)
		seed += fmt.Sprintf("(%v)", v)
	}
	t := r.world.entity(o.typename)
	if t == nil || r.world.requires(t, f.Name) == "" {
		return seed
	}
	query, _ := parser.ParseQuery(&ast.Source{Input: "{" + r.world.requires(t, f.Name) + "}"})
	set := query.Operations[0].SelectionSet
	if r.sub == nil {
		truth, _ := r.selectionSet(o, set, nil)
		return seed + text(truth)
	}
	sent, ok := project(o.sent, set)
	if !ok {
		r.problem("subgraph %s is asked for %s.%s with no more than %v", r.sub.name, o.typename, f.Name, o.sent)
	}
	return seed + text(sent)
}

// project takes just the fields of a field set from a representation.
func project(sent any, set ast.SelectionSet) (any, bool) {
	switch sent := sent.(type) {
	case []any:
		list := []any{}
		for _, item := range sent {
			projected, ok := project(item, set)
			if !ok {
				return nil, false
			}
			list = append(list, projected)
		}
		return list, true
	case map[string]any:
		object := map[string]any{}
		for _, selection := range set {
			f := selection.(*ast.Field)
			v, ok := sent[f.Name]
			if ok && len(f.SelectionSet) > 0 {
				v, ok = project(v, f.SelectionSet)
			}
			if !ok {
				return nil, false
			}
			object[f.Name] = v
		}
		return object, true
	}
	return sent, true
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func hash(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text))
	return h.Sum32()
}

// complete makes a value of a type from a seed. Nullable values are null now and then.
func (r *resolver) complete(t *ast.Type, id, seed string, set ast.SelectionSet, variables map[string]any) (any, bool) {
	if !t.NonNull && hash("null"+seed)%9 == 0 {
		return nil, true
	}
	if t.Elem != nil {
		list := []any{}
		for i := range int(hash("len"+seed) % 3) {
			item, ok := r.complete(t.Elem, fmt.Sprintf("%s.%d", id, i), fmt.Sprintf("%s.%d", seed, i), set, variables)
			if !ok {
				return nil, !t.NonNull
			}
			list = append(list, item)
		}
		return list, true
	}
	switch t.NamedType {
	case "Int":
		return hash(seed) % 100, true
	case "String":
		return "s" + fmt.Sprint(hash(seed)%1000), true
	case "ID":
		if strings.HasSuffix(seed, ".id") {
			return strings.TrimSuffix(seed, ".id"), true
		}
		return "sku-" + strings.TrimSuffix(seed, ".sku"), true
	}
	o := r.reference(t.NamedType, seed)
	data, ok := r.selectionSet(o, set, variables)
	if !ok {
		return nil, !t.NonNull
	}
	return data, true
}

// reference is the object that a seed leads to.
func (r *resolver) reference(typename, seed string) object {
	if strings.HasPrefix(typename, "V") {
		return object{typename: typename, id: typename + ":" + seed}
	}
	if typename == "Node" || typename == "U" {
		names := r.world.members()
		if typename == "Node" {
			names = r.world.nodes()
		}
		typename = names[hash("type"+seed)%uint32(len(names))]
	}
	return object{typename: typename, id: fmt.Sprintf("%s:%d", typename, hash(seed)%4)}
}

func (r *resolver) entities(f *ast.Field, set ast.SelectionSet, variables map[string]any) any {
	list := []any{}
	representations, _ := variables[f.Arguments[0].Value.Raw].([]any)
	for _, representation := range representations {
		sent := representation.(map[string]any)
		id, ok := sent["id"].(string)
		if !ok {
			id = strings.TrimPrefix(fmt.Sprint(sent["sku"]), "sku-")
		}
		typename, _, _ := strings.Cut(id, ":")
		if sent["__typename"] != typename && sent["__typename"] != "Node" {
			r.problem("representation %v", sent)
		}
		o := object{typename: typename, id: id, sent: sent}
		data, ok := r.selectionSet(o, set, variables)
		if !ok {
			list = append(list, nil)
			continue
		}
		list = append(list, data)
	}
	return list
}

// network answers fetches by subgraph.
type network map[string]*resolver

func (n network) Do(_ context.Context, req *upstream.Request) (*upstream.Response, error) {
	var body struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal(req.Body, &body); err != nil {
		return nil, err
	}
	answer, err := json.Marshal(map[string]any{"data": n[req.Subgraph].answer(body.Query, body.Variables)})
	return upstream.NewResponse(answer), err
}
