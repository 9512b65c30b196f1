package plan

import (
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// knowledge is what the planner derives from a supergraph once: who resolves what, and what it costs to get there.
type knowledge struct {
	schema *supergraph.Schema
	labels map[string]bool

	// resolvers are, by object type and field, the subgraphs that resolve the field, in their order.
	resolvers []map[string][]resolver

	// keys says of each object type whether some subgraph identifies it by a key.
	keys []bool

	shapes     shapeCache
	signatures sync.Map

	// reach are the tables by object type; reaching marks those that are being computed.
	reach    []*reachTable
	reaching []bool
}

// resolver is a subgraph that resolves a field, and the type by which it knows the object: the object type, or an
// interface object.
type resolver struct {
	sub   *supergraph.Subgraph
	view  *supergraph.Type
	field *supergraph.Field
}

func newKnowledge(schema *supergraph.Schema, labels []string) *knowledge {
	k := &knowledge{schema: schema, labels: map[string]bool{"percent(100)": true}}
	for _, label := range labels {
		k.labels[label] = true
	}
	k.keys = make([]bool, len(schema.Objects))
	k.resolvers = make([]map[string][]resolver, len(schema.Objects))
	for i, name := range schema.Objects {
		k.resolvers[i] = map[string][]resolver{}
		k.keys[i] = k.hasKey(name)
		for _, field := range schema.Definitions[name].Fields {
			k.resolvers[i][field.Name] = k.findResolvers(name, field.Name)
		}
	}
	k.computeReach()
	return k
}

func (k *knowledge) findResolvers(typename, field string) []resolver {
	var list []resolver
	for _, sub := range k.schema.Subgraphs {
		for _, view := range k.views(sub, typename) {
			if f := view.Fields[field]; f != nil && k.usable(view, f) {
				list = append(list, resolver{sub, view, f})
				break
			}
		}
	}
	return list
}

// views are the types by which a subgraph knows objects of a type: the type itself, else interface objects.
func (k *knowledge) views(sub *supergraph.Subgraph, typename string) []*supergraph.Type {
	if t := sub.Types[typename]; t != nil {
		return []*supergraph.Type{t}
	}
	var views []*supergraph.Type
	for _, iface := range k.schema.Definitions[typename].Interfaces {
		if t := sub.Types[iface]; t != nil && t.InterfaceObject {
			views = append(views, t)
		}
	}
	return views
}

// usable reports whether a subgraph resolves a field that it has. A key field that is marked external is still sent by
// the subgraph, which could not identify its entities otherwise.
func (k *knowledge) usable(t *supergraph.Type, f *supergraph.Field) bool {
	if f.Overridden || !k.overrideAllows(f) {
		return false
	}
	return !f.External || inKeys(t, f.Name)
}

func (k *knowledge) overrideAllows(f *supergraph.Field) bool {
	return f.OverrideLabel == "" || k.labels[f.OverrideLabel] == f.Overriding
}

func inKeys(t *supergraph.Type, name string) bool {
	for _, key := range t.Keys {
		for _, field := range key.Fields {
			if field.Name == name {
				return true
			}
		}
	}
	return false
}

func (k *knowledge) hasKey(typename string) bool {
	for _, sub := range k.schema.Subgraphs {
		for _, view := range k.views(sub, typename) {
			if len(view.Keys) > 0 {
				return true
			}
		}
	}
	return false
}

// keyed reports whether some subgraph identifies objects of a type by a key.
func (k *knowledge) keyed(object int) bool { return k.keys[object] }

// of are the resolvers of a field of an object type.
func (k *knowledge) of(object int, field string) []resolver { return k.resolvers[object][field] }

// in is the resolver of a field in one subgraph.
func (k *knowledge) in(object int, field string, sub *supergraph.Subgraph) (resolver, bool) {
	for _, r := range k.resolvers[object][field] {
		if r.sub == sub {
			return r, true
		}
	}
	return resolver{}, false
}

// signature is the shape of a field's type in each subgraph, "" where a subgraph does not have it, and last, but for
// nullability, in the supergraph. Fields of different object types may stand under one response key only where their
// shapes agree (GraphQL specification, section 5.3.2, SameResponseShape).
type signature []string

func (s signature) agrees(o signature) bool {
	for i := range s {
		if s[i] != o[i] && s[i] != "" && o[i] != "" {
			return false
		}
	}
	return true
}

// with is the signature of types of either.
func (s signature) with(o signature) signature {
	joined := slices.Clone(s)
	for i := range joined {
		if joined[i] == "" {
			joined[i] = o[i]
		}
	}
	return joined
}

func (k *knowledge) signature(object int, field string) signature {
	key := signatureKey{object, field}
	if known, ok := k.signatures.Load(key); ok {
		return known.(signature)
	}
	made := make(signature, len(k.schema.Subgraphs)+1)
	if def := k.schema.Field(k.schema.Objects[object], field); def != nil {
		made[len(k.schema.Subgraphs)] = strings.ReplaceAll(k.shapeOf(def.Type), "!", "")
	}
	for i, sub := range k.schema.Subgraphs {
		for _, view := range k.views(sub, k.schema.Objects[object]) {
			if f := view.Fields[field]; f != nil {
				made[i] = k.shapeOf(f.Type)
			}
		}
	}
	k.signatures.Store(key, made)
	return made
}

type signatureKey struct {
	object int
	field  string
}

func (k *knowledge) shapeOf(t *ast.Type) string {
	shape := wrappers(t)
	if !k.composite(t.Name()) {
		shape += t.Name()
	}
	return shape
}

func (k *knowledge) composite(name string) bool {
	def := k.schema.Definitions[name]
	return def != nil && def.IsCompositeType()
}

func wrappers(t *ast.Type) string {
	out := "."
	for ; t != nil; t = t.Elem {
		if t.NonNull {
			out += "!"
		}
		if t.Elem != nil {
			out += "["
		}
	}
	return out
}

func (k *knowledge) single(object int) supergraph.TypeSet {
	return supergraph.Single(object, len(k.schema.Objects))
}
