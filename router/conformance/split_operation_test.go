package conformance_test

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// drawOperation draws an operation on the API schema. It may be invalid, where two fields do not merge.
func (d *drawer) drawOperation(api *ast.Schema) string {
	o := operationDrawer{drawer: d, api: api}
	root, keyword := api.Query, "query"
	if api.Mutation != nil && d.oneIn(4) {
		root, keyword = api.Mutation, "mutation"
	} else if api.Subscription != nil && d.oneIn(4) {
		root, keyword = api.Subscription, "subscription"
	}
	o.defers = keyword == "query" && !d.plain && d.oneIn(5)
	selections := o.rootSelections(root, keyword) + strings.Join(o.fragments, "")
	var used []string
	for _, v := range []string{"$yes: Boolean = true", "$no: Boolean = false", "$two: Int = 2"} {
		if name, _, _ := strings.Cut(v, ":"); strings.Contains(selections, name) {
			used = append(used, v)
		}
	}
	if len(used) == 0 {
		return keyword + " " + selections
	}
	return keyword + "(" + strings.Join(used, ", ") + ") " + selections
}

type operationDrawer struct {
	*drawer
	api       *ast.Schema
	defers    bool
	labels    int      // of deferred parts
	fragments []string // definitions
}

// rootSelections has one field alone where events are asked for, without a condition.
func (o *operationDrawer) rootSelections(root *ast.Definition, keyword string) string {
	if keyword != "subscription" {
		return o.selections(root, 4)
	}
	f := pick(o.drawer, root.Fields)
	if def := o.api.Types[f.Type.Name()]; !def.IsLeafType() {
		return "{ event: " + f.Name + " " + o.selections(def, 3) + " }"
	}
	return "{ " + f.Name + " }"
}

func (o *operationDrawer) selections(def *ast.Definition, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	for range o.int(1, 4) {
		b.WriteString(" " + o.selection(def, depth))
	}
	if def.Kind == ast.Union || o.oneIn(4) {
		b.WriteString(" __typename")
	}
	b.WriteString(" }")
	return b.String()
}

func (o *operationDrawer) selection(def *ast.Definition, depth int) string {
	if def.IsAbstractType() && (def.Kind == ast.Union || o.oneIn(2)) && depth > 0 {
		return o.fragment(pick(o.drawer, o.api.GetPossibleTypes(def)), depth)
	}
	if o.defers && depth > 0 && o.oneIn(5) {
		o.labels++
		how := pick(o.drawer, []string{"", fmt.Sprintf("(label: \"d%d\")", o.labels), fmt.Sprintf("(label: \"d%d\", if: $yes)", o.labels), "(if: $no)"})
		return "... @defer" + how + " " + o.selections(def, depth-1)
	}
	if depth > 0 && o.oneIn(8) {
		conditions := append([]*ast.Definition{def}, o.api.GetImplements(def)...)
		return o.fragment(pick(o.drawer, conditions), depth)
	}
	var fields ast.FieldList
	for _, f := range def.Fields {
		if !strings.HasPrefix(f.Name, "_") && (depth > 0 || o.api.Types[f.Type.Name()].IsLeafType()) {
			fields = append(fields, f)
		}
	}
	if len(fields) == 0 {
		return "__typename"
	}
	return o.field(pick(o.drawer, fields), depth)
}

func (o *operationDrawer) fragment(def *ast.Definition, depth int) string {
	if o.oneIn(6) {
		selections := o.selections(def, depth-1)
		name := fmt.Sprintf("F%d", len(o.fragments))
		o.fragments = append(o.fragments, "\nfragment "+name+" on "+def.Name+" "+selections)
		return "..." + name + o.condition()
	}
	return "... on " + def.Name + o.condition() + " " + o.selections(def, depth-1)
}

func (o *operationDrawer) field(f *ast.FieldDefinition, depth int) string {
	out := f.Name
	if o.oneIn(4) {
		out = pick(o.drawer, []string{"a0", "a1", "f0", "f1", "id", "code"}) + ": " + out
	}
	if len(f.Arguments) > 0 {
		out += pick(o.drawer, []string{"", "(n: 1)", "(n: 3)", "(n: $two)"})
	}
	out += o.condition()
	if def := o.api.Types[f.Type.Name()]; !def.IsLeafType() {
		out += " " + o.selections(def, depth-1)
	}
	return out
}

func (o *operationDrawer) condition() string {
	if !o.oneIn(12) {
		return ""
	}
	return fmt.Sprintf(" @%s(if: $%s)", pick(o.drawer, []string{"skip", "include"}), pick(o.drawer, []string{"yes", "no"}))
}
