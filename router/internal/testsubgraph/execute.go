package testsubgraph

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// execution is one operation under way (GraphQL specification, section 6).
type execution struct {
	server    *Server
	document  *ast.QueryDocument
	operation *ast.OperationDefinition
	variables map[string]any
	errors    []any
}

// node is an object being resolved.
type node struct {
	typename string // as this subgraph calls it
	fields   Object // the table's
	isRoot   bool

	representation map[string]any
	provided       ast.SelectionSet // what a @provides above gives of it
}

// collected is a response key with the field nodes that make it.
type collected struct {
	key   string
	nodes []*ast.Field
}

func (e *execution) execute(root *node) any {
	data, ok := e.selections(root, e.operation.SelectionSet, nil)
	out := map[string]any{"data": data}
	if !ok {
		out["data"] = nil
	}
	if len(e.errors) > 0 {
		out["errors"] = e.errors
	}
	return out
}

// collect is CollectFields (section 6.3.2).
func (e *execution) collect(n *node, set ast.SelectionSet) []collected {
	var out []collected
	e.collectInto(&out, n, set)
	return out
}

func (e *execution) collectInto(out *[]collected, n *node, set ast.SelectionSet) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if e.included(sel.Directives) {
				addField(out, sel)
			}
		case *ast.InlineFragment:
			if e.included(sel.Directives) && e.server.schema.admits(sel.TypeCondition, n.typename) {
				e.collectInto(out, n, sel.SelectionSet)
			}
		case *ast.FragmentSpread:
			f := e.document.Fragments.ForName(sel.Name)
			if f != nil && e.included(sel.Directives) && e.server.schema.admits(f.TypeCondition, n.typename) {
				e.collectInto(out, n, f.SelectionSet)
			}
		}
	}
}

func addField(out *[]collected, f *ast.Field) {
	key := f.Alias
	if key == "" {
		key = f.Name
	}
	i := slices.IndexFunc(*out, func(c collected) bool { return c.key == key })
	if i < 0 {
		i = len(*out)
		*out = append(*out, collected{key: key})
	}
	(*out)[i].nodes = append((*out)[i].nodes, f)
}

func (e *execution) included(directives ast.DirectiveList) bool {
	for name, want := range map[string]bool{"include": true, "skip": false} {
		d := directives.ForName(name)
		if d == nil {
			continue
		}
		value, err := d.Arguments.ForName("if").Value.Value(e.variables)
		if err != nil || value != want {
			return false
		}
	}
	return true
}

// selections is ExecuteSelectionSet (section 6.3). It returns false when null propagates.
func (e *execution) selections(n *node, set ast.SelectionSet, path []any) (ordered, bool) {
	out := ordered{}
	for _, c := range e.collect(n, set) {
		value, ok := e.field(n, c, append(slices.Clone(path), c.key))
		if !ok {
			return nil, false
		}
		out = append(out, member{c.key, value})
	}
	return out, true
}

func (e *execution) field(n *node, c collected, path []any) (any, bool) {
	name := c.nodes[0].Name
	switch {
	case name == "__typename":
		return n.typename, true
	case n.isRoot && name == "_entities":
		return e.entities(c, path)
	case n.isRoot && name == "_service":
		return map[string]any{"sdl": e.server.schema.sdl}, true
	}
	def := e.server.schema.field(n.typename, name)
	if def == nil {
		return nil, e.fail(path, "type %s has no field %s", n.typename, name)
	}
	value, err := e.resolve(n, def, c.nodes[0])
	if err != nil {
		return nil, e.fail(path, "%v", err) && !def.Type.NonNull
	}
	var set ast.SelectionSet
	for _, node := range c.nodes {
		set = append(set, node.SelectionSet...)
	}
	child := childOf{set: set, provided: e.providedTo(n, def)}
	return e.complete(def.Type, value, child, path)
}

// fail reports an error, and returns true so that it reads well where null is allowed.
func (e *execution) fail(path []any, format string, args ...any) bool {
	e.errors = append(e.errors, map[string]any{"message": fmt.Sprintf(format, args...), "path": path})
	return true
}

// childOf is what is asked of, and provided to, the objects in a field's value.
type childOf struct {
	set      ast.SelectionSet
	provided ast.SelectionSet
}

// complete is CompleteValue (section 6.4.3).
func (e *execution) complete(t *ast.Type, value any, child childOf, path []any) (any, bool) {
	if value == nil {
		if t.NonNull {
			e.fail(path, "Cannot return null for non-nullable field.")
		}
		return nil, !t.NonNull
	}
	if err, failed := value.(error); failed {
		e.fail(path, "%v", err)
		return nil, !t.NonNull
	}
	out, ok := e.completeNonNull(t, value, child, path)
	if !ok {
		return nil, !t.NonNull
	}
	return out, true
}

func (e *execution) completeNonNull(t *ast.Type, value any, child childOf, path []any) (any, bool) {
	if t.Elem != nil {
		return e.completeList(t.Elem, value, child, path)
	}
	def := e.server.schema.types[t.NamedType]
	if def == nil || def.Kind == ast.Scalar {
		return value, true
	}
	if def.Kind == ast.Enum {
		if name, _ := value.(string); def.EnumValues.ForName(name) != nil {
			return value, true
		}
		e.fail(path, "enum %s has no value %v", t.NamedType, value)
		return nil, false
	}
	n, err := e.node(t.NamedType, value)
	if err != nil {
		e.fail(path, "%v", err)
		return nil, false
	}
	n.provided = child.provided
	return e.selections(n, child.set, path)
}

func (e *execution) completeList(elem *ast.Type, value any, child childOf, path []any) (any, bool) {
	items, ok := value.([]any)
	if !ok {
		e.fail(path, "%v is not a list", value)
		return nil, false
	}
	out := make([]any, 0, len(items))
	for i, item := range items {
		completed, ok := e.complete(elem, item, child, append(slices.Clone(path), i))
		if !ok {
			return nil, false
		}
		out = append(out, completed)
	}
	return out, true
}

// node makes the object that a value of type typename is.
func (e *execution) node(typename string, value any) (*node, error) {
	fields, ok := value.(Object)
	if m, isMap := value.(map[string]any); isMap {
		fields, ok = m, true
	}
	if !ok {
		return nil, fmt.Errorf("%v is not an object of type %s", value, typename)
	}
	s := e.server.schema
	if typename == s.roots[ast.Query] {
		return &node{typename: typename, fields: e.server.config.Table.root(e.server.config.Name, typename), isRoot: true}, nil
	}
	if s.isObject(typename) {
		return &node{typename: typename, fields: fields}, nil
	}
	actual, _ := fields["__typename"].(string)
	if !s.isObject(actual) || !s.admits(typename, actual) {
		return nil, fmt.Errorf("%q is not a type that %s may have", actual, typename)
	}
	return &node{typename: actual, fields: fields}, nil
}
