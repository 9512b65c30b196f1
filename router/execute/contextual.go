package execute

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"devportal.internal/router/internal/jsontext"
	"devportal.internal/router/plan"
)

// contextual is what an entity field needs to be asked once for each set of values that its contexts have.
type contextual struct {
	contexts []contextVariable

	// pieces is the selection set; the name of the context of number uses[i] stands between two of them.
	pieces []string
	uses   []int

	// variables are the client's that it uses, by number in the fetch; declared are their declarations.
	variables []int
	declared  []string
}

type contextVariable struct {
	name    string
	typ     string
	nonNull bool
	from    []contextSource
}

type contextSource struct {
	depth   int
	types   typeSet
	members []member
}

// contextual compiles what the entity fields of a fetch take from contexts, if any does.
func (c *compiler) contextual(out *fetch, f *plan.Fetch) error {
	out.contextual = slices.ContainsFunc(f.Entities, func(e *plan.EntityFetch) bool { return len(e.Contexts) > 0 })
	if !out.contextual {
		return nil
	}
	if len(f.Declarations) != len(f.Variables) {
		return fmt.Errorf("compiling fetch %d: not each variable is declared", f.ID)
	}
	for i, e := range f.Entities {
		compiled := &contextual{}
		at := 0
		for _, use := range e.Uses {
			compiled.pieces = append(compiled.pieces, e.Text[at:use.At])
			compiled.uses = append(compiled.uses, use.Context)
			at = use.At + len(e.Contexts[use.Context].Name)
		}
		compiled.pieces = append(compiled.pieces, e.Text[at:])
		for number, name := range f.Variables {
			if slices.Contains(e.Variables, name) {
				compiled.variables = append(compiled.variables, number)
				compiled.declared = append(compiled.declared, f.Declarations[number])
			}
		}
		for _, v := range e.Contexts {
			variable, err := c.contextVariable(e.Targets[0].Path, v)
			if err != nil {
				return fmt.Errorf("compiling fetch %d: %w", f.ID, err)
			}
			compiled.contexts = append(compiled.contexts, variable)
		}
		out.entities[i].contextual = compiled
	}
	return nil
}

func (c *compiler) contextVariable(path plan.Path, v plan.ContextVariable) (contextVariable, error) {
	out := contextVariable{name: v.Name, typ: v.Type, nonNull: strings.HasSuffix(v.Type, "!")}
	for _, from := range v.From {
		if from.Depth > len(path) || len(from.Members) == 0 {
			return out, fmt.Errorf("context %q has no value", v.Name)
		}
		members, err := c.members(from.Members, c.root.at(path[:from.Depth]))
		if err != nil {
			return out, err
		}
		out.from = append(out.from, contextSource{depth: from.Depth, types: c.types.set(from.Types), members: members})
	}
	return out, nil
}

// call is one entity field of a contextual fetch as it is asked: the objects around which the contexts have the same
// values.
type call struct {
	entities *entities
	values   [][]byte
	objects  []uint32
	body     []byte
}

func (r *run) answerOf(f *fetch) *selection {
	if f.contextual {
		return r.states[f.id].answer
	}
	return f.answer
}

func (r *run) entitiesOf(f *fetch) []*entities {
	if f.contextual {
		return r.states[f.id].entities
	}
	return f.entities
}

// renderContextual makes the request body of a contextual fetch:
//
//  1. the objects at each target are grouped by the values of the contexts around them;
//  2. each group's representations are made; groups without any are left out;
//  3. where each field is asked just once, the document is the plan's, else one with a field for each group.
func (r *run) renderContextual(f *fetch, state *fetchState) bool {
	var calls []*call
	for _, e := range f.entities {
		calls = append(calls, r.group(e)...)
	}
	state.pairs, state.sent = state.pairs[:0], state.sent[:0]
	asked := calls[:0]
	for _, c := range calls {
		if r.representGroup(state, c, len(asked)) {
			asked = append(asked, c)
		}
	}
	if len(asked) == 0 {
		state.failed = state.failed || state.tainted
		return false
	}
	asIs := len(asked) == len(f.entities)
	for i := range asked {
		asIs = asIs && asked[i].entities == f.entities[i]
	}
	state.expect(asked, asIs)
	state.body = r.contextualBody(state.body[:0], f, asked, asIs)
	return true
}

// group finds the groups of a field's objects; a field without contexts is one group.
func (r *run) group(e *entities) []*call {
	if len(e.contextual.contexts) == 0 {
		return []*call{{entities: e}}
	}
	g := grouping{run: r, entities: e, known: map[string]*call{}}
	g.visit(value{kind: object, off: r.root}, e.targets[0].path)
	return g.calls
}

// grouping goes through the objects at a target, knowing the objects around them.
type grouping struct {
	run      *run
	entities *entities
	around   []uint32
	known    map[string]*call
	calls    []*call
}

func (g *grouping) visit(v value, path []step) {
	switch v.kind {
	case list:
		for i := range v.n {
			g.visit(g.run.arena[v.off+i], path)
		}
	case object:
		g.around = append(g.around, v.off)
		if len(path) == 0 {
			g.add(v.off)
		} else if path[0].types.admits(g.run.arena[v.off].src) {
			g.visit(g.run.arena[v.off+uint32(path[0].slot)], path[1:])
		}
		g.around = g.around[:len(g.around)-1]
	}
}

// add puts an object into its group, unless a context has no value for it.
func (g *grouping) add(at uint32) {
	contexts := g.entities.contextual.contexts
	values := make([][]byte, len(contexts))
	var key []byte
	for i := range contexts {
		value, ok := g.run.contextValue(&contexts[i], g.around)
		if !ok {
			return
		}
		values[i] = value
		key = append(append(key, value...), 0)
	}
	c := g.known[string(key)]
	if c == nil {
		c = &call{entities: g.entities, values: values}
		g.known[string(key)] = c
		g.calls = append(g.calls, c)
	}
	c.objects = append(c.objects, at)
}

// contextValue is the JSON of a context's value at the end of the objects around, the root first.
func (r *run) contextValue(v *contextVariable, around []uint32) ([]byte, bool) {
	for i := range v.from {
		at := around[v.from[i].depth]
		if !v.from[i].types.admits(r.arena[at].src) {
			continue
		}
		value, ok := r.appendContext(nil, v.from[i].members, at)
		return value, ok && (!v.nonNull || string(value) != "null")
	}
	return nil, false
}

// appendContext follows the member that an object of its type has, to the value.
func (r *run) appendContext(dst []byte, members []member, at uint32) ([]byte, bool) {
	for i := range members {
		m := &members[i]
		if !m.typename && m.types.admits(r.arena[at].src) {
			return r.appendContextValue(dst, m, r.arena[at+uint32(m.slot)])
		}
	}
	return append(dst, "null"...), true
}

func (r *run) appendContextValue(dst []byte, m *member, v value) ([]byte, bool) {
	switch {
	case v.isNothing():
		return append(dst, "null"...), v.kind == null || !r.anyFailed(m.writers)
	case v.kind == object:
		return r.appendContext(dst, m.members, v.off)
	case v.kind == list:
		dst = append(dst, '[')
		ok := true
		for i := uint32(0); i < v.n && ok; i++ {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst, ok = r.appendContextValue(dst, m, r.arena[v.off+i])
		}
		return append(dst, ']'), ok
	}
	return r.appendLeaf(dst, v), true
}

// representGroup makes the representations of a group, which is asked as the field of number at if there are any.
func (r *run) representGroup(state *fetchState, c *call, at int) bool {
	state.pairs, state.sent = append(state.pairs[:at], nil), append(state.sent[:at], 0)
	r.seen.reset()
	collect := collector{run: r, state: state, field: at}
	for t := range c.entities.targets {
		collect.aim(&c.entities.targets[t])
		if len(c.entities.contextual.contexts) == 0 {
			collect.visit(value{kind: object, off: r.root}, collect.target.path)
		}
	}
	for _, object := range c.objects {
		collect.represent(object)
	}
	c.body = collect.body
	if state.sent[at] == 0 {
		state.pairs, state.sent = state.pairs[:at], state.sent[:at]
		return false
	}
	return true
}

// expect prepares for the answer to calls.
func (s *fetchState) expect(calls []*call, asIs bool) {
	s.answer, s.entities = &selection{size: 1 + len(calls)}, nil
	for i, c := range calls {
		e := *c.entities
		e.slot = 1 + i
		if !asIs {
			e.responseKey += "_" + strconv.Itoa(i)
		}
		s.entities = append(s.entities, &e)
		quoted := `"` + e.responseKey + `"`
		s.answer.keys = append(s.answer.keys, selectionKey{
			name: e.responseKey, quoted: quoted, colon: quoted + ":", slot: e.slot, sub: e.selection,
		})
	}
}

func (r *run) contextualBody(body []byte, f *fetch, calls []*call, asIs bool) []byte {
	if asIs {
		body = append(body, f.head...)
	} else {
		body = jsontext.AppendString(append(body, `{"query":`...), contextualDocument(calls))
	}
	body = append(body, `,"variables":{`...)
	var sent []int
	for i, c := range calls {
		if i > 0 {
			body = append(body, ',')
		}
		suffix := callSuffix(i, asIs)
		name := strings.TrimSuffix(string(c.entities.variable), `":`) + suffix + `":[`
		body = append(append(append(body, name...), c.body...), ']')
		for at, value := range c.values {
			body = jsontext.AppendString(append(body, ','), c.entities.contextual.contexts[at].name+suffix)
			body = append(append(body, ':'), value...)
		}
		sent = append(sent, c.entities.contextual.variables...)
	}
	slices.Sort(sent)
	for _, number := range slices.Compact(sent) {
		if value, ok := r.req.Variables[f.variables[number].name]; ok {
			body = append(append(append(body, ','), f.variables[number].quoted...), value...)
		}
	}
	return append(body, '}', '}')
}

// callSuffix tells the names of one call from those of others.
func callSuffix(call int, asIs bool) string {
	if asIs {
		return ""
	}
	return "_" + strconv.Itoa(call)
}

// contextualDocument writes a document with one entity field for each call, each with variables of its own.
func contextualDocument(calls []*call) string {
	var head, body strings.Builder
	var declared []string
	for i, c := range calls {
		suffix := callSuffix(i, false)
		variable := strings.Trim(string(c.entities.variable), `":`) + suffix
		fmt.Fprintf(&head, "$%s:[_Any!]! ", variable)
		fmt.Fprintf(&body, "%s%s:_entities(representations:$%s)", c.entities.responseKey, suffix, variable)
		of := c.entities.contextual
		for at := range of.contexts {
			fmt.Fprintf(&head, "$%s%s:%s ", of.contexts[at].name, suffix, of.contexts[at].typ)
		}
		for at, piece := range of.pieces {
			body.WriteString(piece)
			if at < len(of.uses) {
				body.WriteString(of.contexts[of.uses[at]].name + suffix)
			}
		}
		body.WriteByte(' ')
		for _, declaration := range of.declared {
			if !slices.Contains(declared, declaration) {
				declared = append(declared, declaration)
			}
		}
	}
	return "query(" + strings.TrimSpace(head.String()+strings.Join(declared, " ")) + "){" + strings.TrimSpace(body.String()) + "}"
}
