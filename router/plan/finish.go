package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// finisher turns the cheapest attempt into a Plan.
type finisher struct {
	*builder
	requests map[*draft]int
}

func (p *Planner) finish(a *attempt) *Plan {
	f := &finisher{builder: a.builder, requests: map[*draft]int{}}
	for i, r := range a.merged {
		for _, d := range r.drafts {
			f.requests[d] = i
		}
	}
	plan := &Plan{Kind: OperationKind(f.op.Kind)}
	for i, r := range a.merged {
		plan.Fetches = append(plan.Fetches, f.fetch(i, r))
	}
	plan.Shape, plan.Introspection = f.rootShape()
	plan.Deferred = f.deferred(plan.Fetches)
	return plan
}

func (f *finisher) fetch(id int, r *request) *Fetch {
	first := r.drafts[0]
	fetch := &Fetch{ID: id, Subgraph: first.sub.Name, Kind: first.kind, Deferred: first.defers}
	for _, d := range r.drafts {
		for _, dep := range d.deps {
			if other := f.requests[dep]; other != id && !slices.Contains(fetch.DependsOn, other) {
				fetch.DependsOn = append(fetch.DependsOn, other)
			}
		}
	}
	slices.Sort(fetch.DependsOn)
	doc := &document{finisher: f, variables: map[string]bool{}}
	if first.entity {
		doc.entityFetch(fetch, r.drafts)
	} else {
		fetch.Selections, fetch.Path = f.selections(first.node), f.rootPath(first)
		doc.rootFetch(fetch, first)
	}
	return fetch
}

// selections is what a node's part of the answer holds. It is empty, not nil, where nothing is wanted of an object.
func (f *finisher) selections(n *node) SelectionSet {
	set := SelectionSet{}
	if n.typename && !n.entry.blind() {
		set = append(set, Selection{Key: "__typename"})
	}
	for _, field := range n.fields {
		types := f.within(field.types, n.entry)
		if field.child == nil {
			if at := slices.IndexFunc(set, func(s Selection) bool { return s.Key == field.value.key }); at >= 0 {
				set[at].Types = f.union(set[at].Types, types, n.entry)
				continue
			}
			set = append(set, Selection{Key: field.value.key, Types: types})
			continue
		}
		set = append(set, Selection{
			Key: field.value.key, Types: types, Sub: f.selections(field.child), Typename: f.knownType(field.child),
		})
	}
	return set
}

// within are the names of the types that have a selected field, nil when all that the entry may see have it.
func (f *finisher) within(types supergraph.TypeSet, e *entry) []string {
	if e.blind() || e.types.SubsetOf(types) {
		return nil
	}
	return f.know.schema.Names(types)
}

func (f *finisher) union(x, y []string, e *entry) []string {
	all := unionNames(x, y)
	if len(all) >= e.types.Len() {
		return nil
	}
	return all
}

// knownType is the runtime type of a composite value where there is only one.
func (f *finisher) knownType(n *node) string {
	if n.typename {
		return ""
	}
	switch e := n.entry; {
	case !e.blind() && e.types.Len() == 1:
		return f.know.schema.Objects[e.types.First()]
	case e.place.possible.Len() == 1:
		return f.know.schema.Objects[e.place.possible.First()]
	}
	return ""
}

// path is the place of an object in the store.
func (f *finisher) path(p *place) Path {
	var path Path
	for ; p.via != nil; p = p.parent {
		element := PathElement{Key: p.via.value.key}
		if p.parent.via != nil && !p.parent.possible.SubsetOf(p.via.types) {
			element.Types = f.know.schema.Names(p.via.types)
		}
		path = append(path, element)
	}
	slices.Reverse(path)
	return path
}

// document writes the GraphQL text of one fetch.
type document struct {
	*finisher
	variables map[string]bool
	out       []byte

	// uses are where the variables of contexts are in out, contexts those of the draft that is being written.
	uses     []ContextUse
	contexts []*contextUse
	numbered int
}

func (d *document) rootFetch(fetch *Fetch, draft *draft) {
	d.selectionSet(draft.node, draft.node.entry.view)
	body := d.out
	d.declare(fetch, string(fetch.Kind), nil)
	if fetch.Kind == Query && len(fetch.Variables) == 0 {
		d.out = d.out[:0]
	}
	fetch.Declarations = nil
	fetch.Document = string(append(d.out, body...))
}

// declare starts a document: the operation its own variables and those of the client that its body uses.
func (d *document) declare(fetch *Fetch, kind string, own []string) {
	fetch.Variables = make([]string, 0, len(d.variables))
	for name := range d.variables {
		fetch.Variables = append(fetch.Variables, name)
	}
	slices.Sort(fetch.Variables)
	d.out = []byte(kind)
	separator := byte('(')
	for _, declaration := range own {
		d.out = append(append(d.out, separator, '$'), declaration...)
		separator = ','
	}
	for _, name := range fetch.Variables {
		def := d.op.Variables[name]
		d.out = append(d.out, separator)
		start := len(d.out)
		d.out = append(append(append(append(d.out, '$'), name...), ':'), def.Type.String()...)
		if def.DefaultValue != nil {
			d.out = append(d.out, '=')
			d.value(def.DefaultValue)
		}
		fetch.Declarations = append(fetch.Declarations, string(d.out[start:]))
		separator = ','
	}
	if separator == ',' {
		d.out = append(d.out, ')')
	}
	if len(fetch.Variables) == 0 {
		fetch.Variables = nil
	}
}

// entityFetch writes a fetch of one or more _entities fields. Drafts with the same selections share a field where their
// places are equally deep, so that what holds their objects is never part of itself.
func (d *document) entityFetch(fetch *Fetch, drafts []*draft) {
	bodies := map[string]int{}
	var texts []string
	contextual := slices.ContainsFunc(drafts, func(draft *draft) bool { return len(draft.contexts) > 0 })
	for _, draft := range drafts {
		d.out, d.uses, d.contexts = nil, nil, draft.contexts
		used := d.variables
		if contextual {
			d.variables = map[string]bool{}
		}
		d.selectionSet(draft.node, draft.view)
		text := string(d.out)
		selections := d.selections(draft.node)
		target := Target{Path: d.path(draft.place), Representations: d.representations(draft)}
		entities := &EntityFetch{Targets: []Target{target}, Selections: selections}
		if contextual {
			entities.Text, entities.Uses = text, d.uses
			entities.Variables = slices.Sorted(maps.Keys(d.variables))
			entities.Contexts = d.contextVariables(draft)
			maps.Copy(used, d.variables)
			d.variables = used
		}
		text = strconv.Itoa(len(target.Path)) + text
		if at, ok := bodies[text]; ok && len(draft.contexts) == 0 && equalSelections(fetch.Entities[at].Selections, selections) {
			fetch.Entities[at].Targets = append(fetch.Entities[at].Targets, target)
			continue
		}
		bodies[text] = len(texts)
		texts = append(texts, string(d.out))
		fetch.Entities = append(fetch.Entities, entities)
	}
	var names []string
	for i, entities := range fetch.Entities {
		entities.ResponseKey, entities.Variable = "_entities", d.freeVariable("representations")
		if contextual {
			entities.Variable = d.freePrefix("representations")
		}
		if len(texts) > 1 {
			number := strconv.Itoa(i)
			entities.ResponseKey, entities.Variable = "_e"+number, d.freeVariable("r"+number)
			if contextual {
				entities.Variable = d.freePrefix("r") + number
			}
		}
		names = append(names, entities.Variable+":[_Any!]!")
		for _, c := range entities.Contexts {
			names = append(names, c.Name+":"+c.Type)
		}
	}
	d.declare(fetch, "query", names)
	if !contextual {
		fetch.Declarations = nil
	}
	for i, entities := range fetch.Entities {
		d.out = append(d.out, []byte{'{', ' '}[min(i, 1)])
		if entities.ResponseKey != "_entities" {
			d.out = append(append(d.out, entities.ResponseKey...), ':')
		}
		d.out = append(append(append(d.out, "_entities(representations:$"...), entities.Variable...), ')')
		d.out = append(d.out, texts[i]...)
	}
	fetch.Document = string(append(d.out, '}'))
}

// freeVariable is a variable name that the client does not use.
func (d *document) freeVariable(name string) string {
	for d.op.Variables[name] != nil {
		name += "_"
	}
	return name
}

// freePrefix is a text that no variable of the client begins with.
func (d *document) freePrefix(prefix string) string {
	for taken := true; taken; {
		taken = false
		for name := range d.op.Variables {
			if strings.HasPrefix(name, prefix) {
				prefix, taken = prefix+"_", true
				break
			}
		}
	}
	return prefix
}

func equalSelections(x, y SelectionSet) bool {
	return slices.EqualFunc(x, y, func(a, b Selection) bool {
		return a.Key == b.Key && a.Typename == b.Typename && slices.Equal(a.Types, b.Types) && equalSelections(a.Sub, b.Sub)
	})
}

// condition is a type condition and the fields under it.
type condition struct {
	view   *supergraph.Type
	fields []*nodeField
}

// selectionSet writes what a node selects of a value whose type in the subgraph is view; nil is _Entity, the union of
// all entities.
func (d *document) selectionSet(n *node, view *supergraph.Type) {
	d.out = append(d.out, '{')
	start := len(d.out)
	entityView := n.entry.draft.entity && n.entry.draft.node == n && view != nil
	if entityView {
		d.out = append(append(append(d.out, "... on "...), view.Name...), '{')
		start = len(d.out)
	}
	if n.typename && !n.entry.blind() {
		d.separate(start)
		d.out = append(d.out, "__typename"...)
	}
	direct, conditions := d.split(n, view)
	for _, field := range direct {
		d.separate(start)
		d.field(field, view)
	}
	for _, c := range conditions {
		d.separate(start)
		d.out = append(append(append(d.out, "... on "...), c.view.Name...), '{')
		inner := len(d.out)
		for _, field := range c.fields {
			d.separate(inner)
			d.field(field, c.view)
		}
		d.out = append(d.out, '}')
	}
	if len(d.out) == start {
		d.out = append(d.out, "__typename"...)
	}
	if entityView {
		d.out = append(d.out, '}')
	}
	d.out = append(d.out, '}')
}

func (d *document) separate(start int) {
	if len(d.out) > start {
		d.out = append(d.out, ' ')
	}
}

// split parts the fields of a node into those that can be selected on the view itself, and those under type conditions.
func (d *document) split(n *node, view *supergraph.Type) (direct []*nodeField, conditions []*condition) {
	if view != nil && (view.Kind == ast.Object || view.InterfaceObject) {
		return distinct(n.fields), nil
	}
	seen := n.entry.types
	if view != nil {
		seen = seen.And(view.Possible)
	}
	keys := map[string]int{}
	for _, field := range n.fields {
		keys[field.value.key]++
	}
	for _, field := range n.fields {
		alone := keys[field.value.key] == 1 && len(field.contexts) == 0
		if view != nil && alone && seen.SubsetOf(field.types) && view.Fields[field.value.name] != nil {
			direct = append(direct, field)
			continue
		}
		for _, t := range d.conditionsOf(n.entry.sub, field, seen, view, alone) {
			at := slices.IndexFunc(conditions, func(c *condition) bool { return c.view == t })
			if at < 0 {
				at = len(conditions)
				conditions = append(conditions, &condition{view: t})
			}
			conditions[at].fields = append(conditions[at].fields, field)
		}
	}
	return direct, conditions
}

// distinct leaves out leaves that are there already, for other types that the subgraph does not tell apart.
func distinct(fields []*nodeField) []*nodeField {
	keys := map[string]bool{}
	var list []*nodeField
	for _, field := range fields {
		if field.child != nil || !keys[field.value.key] {
			list = append(list, field)
		}
		keys[field.value.key] = true
	}
	return list
}

// conditionsOf are the types under which a field is selected: one interface where it covers just the right types, else
// each object type.
func (d *document) conditionsOf(
	sub *supergraph.Subgraph, field *nodeField, seen supergraph.TypeSet, view *supergraph.Type, alone bool,
) []*supergraph.Type {
	types := field.types.And(seen)
	if types.Len() > 1 && alone {
		if t := d.interfaceFor(sub, field.value.name, types, seen, view); t != nil {
			return []*supergraph.Type{t}
		}
	}
	var list []*supergraph.Type
	for _, name := range d.know.schema.Names(types) {
		if t := sub.Types[name]; t != nil {
			list = append(list, t)
		}
	}
	return list
}

func (d *document) interfaceFor(
	sub *supergraph.Subgraph, name string, types, seen supergraph.TypeSet, view *supergraph.Type,
) *supergraph.Type {
	var best *supergraph.Type
	for _, t := range sub.Types {
		if t.Kind != ast.Interface || t.InterfaceObject || t.Fields[name] == nil {
			continue
		}
		covered := t.Possible
		if view != nil {
			covered = covered.And(seen)
		}
		if covered.Equal(types) && (best == nil || t.Name < best.Name) {
			best = t
		}
	}
	return best
}

func (d *document) field(field *nodeField, view *supergraph.Type) {
	v := field.value
	if v.key != v.name {
		d.out = append(append(d.out, v.key...), ':')
	}
	d.out = append(d.out, v.name...)
	d.arguments(v.arguments, field.contexts)
	if field.child == nil {
		return
	}
	static := field.child.entry.view
	if f := view.Fields[v.name]; f != nil {
		static = field.child.entry.sub.Types[f.Type.Name()]
	}
	d.selectionSet(field.child, static)
}
