package execute

import (
	"fmt"
	"slices"

	"devportal.internal/router/internal/jsontext"
	"devportal.internal/router/plan"
	"devportal.internal/router/upstream"
)

// fetch is a compiled plan.Fetch.
type fetch struct {
	id       int
	subgraph string
	kind     upstream.Kind
	name     string

	head       []byte // the request's body up to the variables
	variables  []variable
	dependsOn  []int
	dependents []int
	deferred   int

	// path leads to the objects that a root fetch writes into, if not to the root; place is the response path to them.
	path  []step
	place []PathElement

	// answer selects from `data`: a root fetch's selections, or a slot for each of entities.
	answer   *selection
	entities []*entities

	// contextual says that entity fields are repeated for each set of context values.
	contextual bool
}

type variable struct {
	name   string
	quoted []byte // `"name":`
}

// entities is a compiled plan.EntityFetch.
type entities struct {
	responseKey string
	slot        int // in the object that fetch.answer makes
	variable    []byte
	targets     []target
	selection   *selection
	contextual  *contextual
}

type target struct {
	path            []step
	representations []representation

	// place is the response path up to the first list, for errors that name no entity.
	place []PathElement
}

// step goes from an object of one of the types to the value in a slot.
type step struct {
	slot  int
	types typeSet
}

type representation struct {
	types    typeSet
	typename []byte // `{"__typename":"T"`; nil sends the object's own type
	members  []member

	// isFlat says that it is made of the type and of leaves alone. Two flat ones of equal form and values are equal.
	isFlat bool
	form   uint64
}

type member struct {
	quoted   []byte // `,"name":`
	slot     int
	typename bool
	types    typeSet
	members  []member
	nullable bool
	writers  []int
}

func (c *compiler) fetch(f *plan.Fetch) (*fetch, error) {
	out := &fetch{
		id: f.ID, subgraph: f.Subgraph, kind: upstream.Kind(f.Kind), name: f.OperationName,
		head: requestHead(f), dependsOn: f.DependsOn, deferred: f.Deferred,
	}
	for _, name := range f.Variables {
		out.variables = append(out.variables, variable{name: name, quoted: quotedKey(name)})
	}
	if len(f.Entities) == 0 {
		return out, c.rootFetch(out, f)
	}
	out.answer = &selection{size: 1 + len(f.Entities)}
	for i, e := range f.Entities {
		if err := c.entities(out, i+1, e); err != nil {
			return nil, fmt.Errorf("compiling fetch %d: %w", f.ID, err)
		}
	}
	return out, c.contextual(out, f)
}

func (c *compiler) entities(f *fetch, slot int, e *plan.EntityFetch) error {
	if len(e.Targets) == 0 || f.answer.index(e.ResponseKey) >= 0 {
		return fmt.Errorf("entities %q without a target or named twice", e.ResponseKey)
	}
	site := c.root.at(e.Targets[0].Path)
	out := &entities{responseKey: e.ResponseKey, slot: slot, variable: quotedKey(e.Variable), selection: c.selection(e.Selections, site)}
	out.selection.copied = c.anySubWritten(e.Selections, site)
	f.answer.add(selectionKey{name: e.ResponseKey, slot: slot, sub: out.selection})
	f.entities = append(f.entities, out)
	for _, t := range e.Targets {
		compiled, err := c.target(t)
		if err != nil {
			return err
		}
		out.targets = append(out.targets, compiled)
	}
	return nil
}

// anySubWritten says that objects beneath those of a selection are written into by other fetches.
func (c *compiler) anySubWritten(set plan.SelectionSet, s *site) bool {
	for _, sel := range set {
		u := s.find().slots[sel.Key]
		if u != nil && u.sub != nil && u.sub.anyWritten(map[*site]bool{}) {
			return true
		}
	}
	return false
}

// rootFetch compiles what a root fetch asks, and where it writes that.
func (c *compiler) rootFetch(out *fetch, f *plan.Fetch) error {
	path, s := c.steps(f.Path)
	out.path, out.place = path, c.place(f.Path)
	out.answer = c.selection(f.Selections, s)
	out.answer.copied = len(path) > 0 && c.anySubWritten(f.Selections, s)
	return nil
}

// steps compiles a path and finds the site that it leads to.
func (c *compiler) steps(path plan.Path) ([]step, *site) {
	var steps []step
	s := c.root
	for _, e := range path {
		u := s.slots[e.Key]
		steps = append(steps, step{slot: u.slot, types: c.types.set(e.Types)})
		s = u.sub.find()
	}
	return steps, s
}

func (c *compiler) target(t plan.Target) (target, error) {
	out := target{place: c.place(t.Path)}
	path, s := c.steps(t.Path)
	out.path = path
	for _, r := range t.Representations {
		members, err := c.members(r.Members, s)
		if err != nil {
			return target{}, err
		}
		compiled := representation{types: c.types.set(r.Types), members: members}
		if r.Typename != "" {
			compiled.typename = jsontext.AppendString([]byte(`{"__typename":`), r.Typename)
		}
		compiled.isFlat, compiled.form = c.form(&compiled)
		out.representations = append(out.representations, compiled)
	}
	return out, nil
}

// form numbers flat representations by type and names.
func (c *compiler) form(r *representation) (isFlat bool, form uint64) {
	name := string(r.typename)
	for _, m := range r.members {
		if m.typename || m.types != nil || m.members != nil {
			return false, 0
		}
		name += string(m.quoted)
	}
	if r.typename == nil {
		return false, 0
	}
	if _, ok := c.forms[name]; !ok {
		c.forms[name] = uint64(len(c.forms) + 1)
	}
	return true, c.forms[name]
}

func (c *compiler) members(ms []plan.Member, s *site) ([]member, error) {
	var out []member
	for _, m := range ms {
		compiled := member{quoted: append([]byte{','}, quotedKey(m.Name)...), types: c.types.set(m.Types), nullable: m.Nullable}
		if m.StoreKey == typenameKey {
			compiled.typename = true
			out = append(out, compiled)
			continue
		}
		u, ok := s.slots[m.StoreKey]
		if !ok || len(m.Members) > 0 && u.sub == nil {
			return nil, fmt.Errorf("representation member %q has no value at %q", m.Name, m.StoreKey)
		}
		compiled.slot, compiled.writers = u.slot, slices.Clone(u.writers)
		if len(m.Members) > 0 {
			sub, err := c.members(m.Members, u.sub.find())
			if err != nil {
				return nil, err
			}
			compiled.members = sub
		}
		out = append(out, compiled)
	}
	return out, nil
}

func quotedKey(name string) []byte { return append(jsontext.AppendString(nil, name), ':') }

func requestHead(f *plan.Fetch) []byte {
	head := jsontext.AppendString([]byte(`{"query":`), f.Document)
	if f.OperationName != "" {
		head = jsontext.AppendString(append(head, `,"operationName":`...), f.OperationName)
	}
	return head
}
