package testsubgraph

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// resolve is ResolveFieldValue (section 6.4.2), strict about what this subgraph can know.
func (e *execution) resolve(n *node, def *ast.FieldDefinition, f *ast.Field) (any, error) {
	args, err := e.arguments(def, f.Arguments)
	if err != nil {
		return nil, err
	}
	if n.isRoot {
		if r, ok := e.server.config.Resolvers[n.typename+"."+def.Name]; ok {
			return e.value(r(args), args)
		}
	}
	if e.isExternal(n, def) {
		if value, ok := n.representation[def.Name]; ok {
			return value, nil
		}
		return nil, fmt.Errorf("%s.%s is external to %s", n.typename, def.Name, e.server.config.Name)
	}
	if d := directive(def.Directives, "requires"); d != nil {
		if err := e.checkRequired(n, fieldSet(d)); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", n.typename, def.Name, err)
		}
	}
	return e.value(n.fields[def.Name], args)
}

// arguments is CoerceArgumentValues (section 6.4.1) as far as tables need it.
func (e *execution) arguments(def *ast.FieldDefinition, list ast.ArgumentList) (map[string]any, error) {
	args := map[string]any{}
	for _, a := range def.Arguments {
		value := a.DefaultValue
		if given := list.ForName(a.Name); given != nil {
			value = given.Value
		}
		if value == nil {
			continue
		}
		v, err := value.Value(e.variables)
		if err != nil {
			return nil, fmt.Errorf("reading argument %s: %w", a.Name, err)
		}
		args[a.Name] = v
	}
	for _, given := range list {
		if def.Arguments.ForName(given.Name) == nil {
			return nil, fmt.Errorf("field %s has no argument %s", def.Name, given.Name)
		}
	}
	return args, nil
}

// value replaces what stands for something else in a table.
func (e *execution) value(v any, args map[string]any) (any, error) {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			value, err := e.value(item, args)
			if err != nil {
				value = err // it is the item's alone: complete reports it
			}
			out[i] = value
		}
		return out, nil
	case map[string]any:
		return e.special(v, args)
	default:
		return v, nil
	}
}

func (e *execution) special(v map[string]any, args map[string]any) (any, error) {
	switch {
	case v["$ref"] != nil:
		name, _ := v["$ref"].(string)
		o, ok := e.server.object(name)
		if !ok {
			return nil, fmt.Errorf("the table has no object %q", name)
		}
		return o, nil
	case v["$all"] != nil:
		return e.all(v["$all"]), nil
	case v["$find"] != nil:
		for _, o := range e.all(v["$find"]) {
			if o, ok := o.(Object); ok && matches(o, args) {
				return o, nil
			}
		}
		return nil, nil
	case v["$by"] != nil:
		return e.byArgument(v, args)
	case v["$argument"] != nil:
		return args[fmt.Sprint(v["$argument"])], nil
	case v["$error"] != nil:
		return nil, errors.New(fmt.Sprint(v["$error"]))
	default:
		return v, nil
	}
}

func (e *execution) byArgument(v map[string]any, args map[string]any) (any, error) {
	name, _ := v["$by"].(string)
	cases, _ := v["is"].(map[string]any)
	chosen, ok := cases[fmt.Sprint(args[name])]
	if !ok {
		chosen = cases[""]
	}
	return e.value(chosen, args)
}

func (e *execution) all(typename any) []any {
	out := []any{}
	for _, name := range e.server.config.Table.named(func(t string) bool { return t == typename }) {
		o, _ := e.server.object(name)
		out = append(out, o)
	}
	return out
}

func (s *Server) object(name string) (Object, bool) {
	return s.config.Table.object(s.config.Name, name)
}

func matches(o Object, args map[string]any) bool {
	for name, want := range args {
		if fmt.Sprint(o[name]) != fmt.Sprint(want) {
			return false
		}
	}
	return true
}

// isExternal says that this subgraph does not know the field of this object: it is external, in no key, and nothing
// above provides it.
func (e *execution) isExternal(n *node, def *ast.FieldDefinition) bool {
	s := e.server.schema
	owner := s.types[n.typename]
	if directive(def.Directives, "external") == nil && directive(owner.Directives, "external") == nil {
		return false
	}
	for _, set := range append(s.keys(n.typename), n.provided) {
		if e.selected(n.typename, set, def.Name) != nil {
			return false
		}
	}
	return true
}

// selected finds a field in a field set, through the fragments that apply.
func (e *execution) selected(typename string, set ast.SelectionSet, name string) []*ast.Field {
	var found []*ast.Field
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if sel.Name == name {
				found = append(found, sel)
			}
		case *ast.InlineFragment:
			if e.server.schema.admits(sel.TypeCondition, typename) {
				found = append(found, e.selected(typename, sel.SelectionSet, name)...)
			}
		}
	}
	return found
}

// providedTo is what the objects of a field's value are provided with: by the field's own @provides, and by those above.
func (e *execution) providedTo(n *node, def *ast.FieldDefinition) ast.SelectionSet {
	set := slices.Clone(fieldSet(directive(def.Directives, "provides")))
	for _, f := range e.selected(n.typename, n.provided, def.Name) {
		set = append(set, f.SelectionSet...)
	}
	return set
}

// entities resolves the representations in order.
func (e *execution) entities(c collected, path []any) (any, bool) {
	arg := c.nodes[0].Arguments.ForName("representations")
	if arg == nil {
		return nil, e.fail(path, "no representations") && false
	}
	value, err := arg.Value.Value(e.variables)
	list, ok := value.([]any)
	if err != nil || !ok {
		return nil, e.fail(path, "representations are not a list: %v", err) && false
	}
	out := make([]any, len(list))
	for i, rep := range list {
		at := append(slices.Clone(path), i)
		n, err := e.entity(rep)
		if err != nil {
			e.fail(at, "%v", err)
			continue
		}
		if n == nil {
			continue
		}
		var set ast.SelectionSet
		for _, node := range c.nodes {
			set = append(set, node.SelectionSet...)
		}
		if fields, ok := e.selections(n, set, at); ok {
			out[i] = fields
		}
	}
	return out, true
}

// entity finds the object that a representation identifies by any resolvable key of its type, nil when there is none.
func (e *execution) entity(rep any) (*node, error) {
	r, ok := rep.(map[string]any)
	if !ok {
		return nil, errors.New("a representation is not an object")
	}
	typename, _ := r["__typename"].(string)
	s := e.server.schema
	if s.types[typename] == nil {
		return nil, fmt.Errorf("%s has no type %q", e.server.config.Name, typename)
	}
	keys := s.resolvableKeys(typename)
	for _, name := range e.server.config.Table.named(func(t string) bool { return e.server.isOf(typename, t) }) {
		o, _ := e.server.object(name)
		for _, key := range keys {
			if e.agrees(o, r, key) == nil {
				n, err := e.node(typename, o)
				if err == nil {
					n.representation = r
				}
				return n, err
			}
		}
	}
	if !slices.ContainsFunc(keys, func(key ast.SelectionSet) bool { return has(r, key) }) {
		return nil, fmt.Errorf("the representation %v has no resolvable key of %s", r, typename)
	}
	return nil, nil
}

func has(r map[string]any, key ast.SelectionSet) bool {
	for _, sel := range key {
		if f, ok := sel.(*ast.Field); ok && r[f.Name] == nil {
			return false
		}
	}
	return true
}

// checkRequired says whether a representation has exactly what the table has.
func (e *execution) checkRequired(n *node, set ast.SelectionSet) error {
	if n.representation == nil {
		return e.requireNothingElsewhere(n, set)
	}
	return e.agrees(n.fields, n.representation, set)
}

// requireNothingElsewhere lets a field with @requires be resolved outside of _entities only if the subgraph itself
// knows what is required.
func (e *execution) requireNothingElsewhere(n *node, set ast.SelectionSet) error {
	for _, sel := range set {
		f, ok := sel.(*ast.Field)
		if !ok {
			continue
		}
		if def := e.server.schema.field(n.typename, f.Name); def != nil && e.isExternal(n, def) {
			return fmt.Errorf("required field %s was not sent", f.Name)
		}
	}
	return nil
}

// agrees compares what set selects of a table's object with what was sent of it.
func (e *execution) agrees(o Object, sent map[string]any, set ast.SelectionSet) error {
	typename, _ := o["__typename"].(string)
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.InlineFragment:
			if e.server.isOf(sel.TypeCondition, typename) {
				if err := e.agrees(o, sent, sel.SelectionSet); err != nil {
					return err
				}
			}
		case *ast.Field:
			if err := e.fieldAgrees(o, sent, sel); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *execution) fieldAgrees(o Object, sent map[string]any, f *ast.Field) error {
	if f.Name == "__typename" {
		return nil
	}
	args := map[string]any{}
	for _, a := range f.Arguments {
		value, err := a.Value.Value(nil)
		if err != nil {
			return err
		}
		args[a.Name] = value
	}
	want, err := e.value(o[f.Name], args)
	if err != nil {
		return err
	}
	got, ok := sent[f.Name]
	if !ok {
		return fmt.Errorf("%s was not sent", f.Name)
	}
	return e.valueAgrees(f, want, got)
}

func (e *execution) valueAgrees(f *ast.Field, want, got any) error {
	switch w := want.(type) {
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Errorf("%s: sent %v, want %v", f.Name, got, want)
		}
		for i := range w {
			if err := e.valueAgrees(f, w[i], g[i]); err != nil {
				return err
			}
		}
		return nil
	case Object:
		return e.objectAgrees(f, w, got)
	case map[string]any:
		return e.objectAgrees(f, w, got)
	default:
		if reflect.DeepEqual(fmt.Sprint(want), fmt.Sprint(got)) {
			return nil
		}
		return fmt.Errorf("%s: sent %v, want %v", f.Name, got, want)
	}
}

func (e *execution) objectAgrees(f *ast.Field, want Object, got any) error {
	g, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: sent %v, want an object", f.Name, got)
	}
	return e.agrees(want, g, f.SelectionSet)
}
