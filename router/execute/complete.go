package execute

import (
	"slices"

	"devportal.internal/router/plan"
)

// completer writes `data` from the store by the shape: CompleteValue of the GraphQL specification, section 6.4.3, with
// the null propagation of section 6.4.4. What it had written of a value that becomes null is taken back.
type completer struct {
	run    *run
	arena  arena    // the run's
	bodies [][]byte // the run's
	out    []byte
	path   []PathElement
	errors []Error

	dropped int
	nulled  [][]PathElement // places that became null by propagation; kept for deferred parts only

	// searching says that what is left to tell is being looked for.
	searching bool

	// exceptions counts what depends on more than the object that is being written: errors, and nulls that were explained before.
	exceptions int
	written    []written
}

// newCompleter makes a completer of a run whose store does not change meanwhile.
func newCompleter(r *run, out []byte, path []PathElement) completer {
	return completer{run: r, arena: r.arena, bodies: r.bodies, out: out, path: path, written: r.sharing.written[:0]}
}

// root completes the shape at the root and says whether there is any data.
func (c *completer) root(s *shape, at uint32, typ uint16) bool {
	mark := len(c.out)
	if c.object(s, at, typ) {
		return true
	}
	c.takeBack(mark)
	c.out = append(c.out, "null"...)
	return false
}

// object writes an object. It returns false when null propagates out of it; what was written is the caller's to take
// back. The buffer is kept in a local variable, for this is where most of the time of an execution goes.
func (c *completer) object(s *shape, at uint32, typ uint16) bool {
	slots := c.arena[at : at+c.arena[at].n]
	if slots[0].kind == flaggedHead {
		c.tell(s, at)
	}
	out := append(c.out, '{')
	start := len(out)
	for i := range s.fields {
		f := &s.fields[i]
		if f.types != nil && !f.types.admits(typ) {
			continue
		}
		if len(out) == start {
			out = append(out, f.prefix[1:]...)
		} else {
			out = append(out, f.prefix...)
		}
		v := slots[f.slot]
		if f.asItCame.has(v.kind) {
			out = append(out, c.bodies[v.src][v.off:v.off+v.n]...)
			continue
		}
		c.out = out
		if !c.field(f, v, typ) {
			return false
		}
		out = c.out
	}
	c.out = append(out, '}')
	return true
}

// field writes a field whose value v is not a leaf as it came; in a field without a slot, v is the head of the object.
func (c *completer) field(f *field, v value, typ uint16) bool {
	if f.slot == 0 {
		switch v = (value{}); {
		case f.denied != nil:
			return c.deny(f)
		case f.constant != nil:
			c.out = append(c.out, f.constant...)
			return true
		case f.typename && c.run.typeName(typ) != "":
			c.out = appendName(c.out, c.run.typeName(typ))
			return true
		}
	}
	c.path = append(c.path, PathElement{Key: f.responseKey})
	ok := c.value(f, f.typ, v)
	c.path = c.path[:len(c.path)-1]
	return ok
}

// value writes v as type t. It returns false when v is null, or becomes it, and t does not allow that.
func (c *completer) value(f *field, t *typeShape, v value) bool {
	if v.isNothing() {
		return c.nothing(f, t, v)
	}
	mark := len(c.out)
	if c.something(f, t, v) {
		return true
	}
	c.takeBack(mark)
	if t.nonNull {
		return false
	}
	if c.run.p.Incremental() {
		c.nulled = append(c.nulled, slices.Clone(c.path))
	}
	c.out = append(c.out, "null"...)
	return true
}

// nothing writes null. Where the field has no value because a fetch failed that is an error, as is null where the type
// has none; unless the subgraph has already said why.
func (c *completer) nothing(f *field, t *typeShape, v value) bool {
	if culprit, ok := c.culprit(f, v); ok {
		c.report(c.failure(culprit))
	} else if t.nonNull && !c.explained(f) {
		c.invalid(CodeNullViolation, "Cannot return null for non-nullable field "+f.coordinate+".")
	}
	if t.nonNull {
		return false
	}
	c.out = append(c.out, "null"...)
	return true
}

// failure is the error of a field that a fetch should have given.
func (c *completer) failure(culprit int) Error {
	return Error{
		Message: "The request to a subgraph failed.", Err: c.run.states[culprit].err,
		Extensions: c.run.p.codeExtensions(CodeSubrequestFailed, c.run.p.fetches[culprit].subgraph),
	}
}

// culprit is the fetch whose failure left the field without a value.
func (c *completer) culprit(f *field, v value) (int, bool) {
	if v.kind != absent {
		return 0, false
	}
	for _, id := range f.writers {
		if s := &c.run.states[id]; s.failed || s.tainted {
			return s.culprit, true
		}
	}
	return 0, false
}

// explained says that an error which explains the null has been reported: here, below, or above.
func (c *completer) explained(f *field) bool {
	c.exceptions++
	for _, id := range f.writers {
		if c.run.states[id].unplaced {
			return true
		}
	}
	return slices.ContainsFunc(c.errors, func(e Error) bool {
		n := min(len(e.Path), len(c.path))
		return n > 0 && slices.Equal(e.Path[:n], c.path[:n])
	})
}

func (c *completer) something(f *field, t *typeShape, v value) bool {
	switch {
	case t.elem != nil:
		return c.list(f, t, v)
	case t.leaf != plan.Composite:
		return c.leaf(f, t, v)
	case v.kind == object && f.object != nil:
		return c.composite(f, t, v)
	default:
		return c.invalid(CodeInvalidResult, "Expected an object for field "+f.coordinate+".")
	}
}

func (c *completer) composite(f *field, t *typeShape, v value) bool {
	typ, ok := c.runtimeType(t, c.arena[v.off].src)
	if !ok {
		return c.invalid(CodeInvalidResult, "The type of the value of field "+f.coordinate+" is not one of its possible types.")
	}
	if typ == noType && f.object.typed && t.possible != nil {
		return c.untyped(f)
	}
	if c.run.sharing.found {
		return c.sharedObject(f.object, v.off, typ)
	}
	return c.object(f.object, v.off, typ)
}

// untyped reports that nobody said which type an object has, unless that is explained already: the entity behind an
// interface object could not be had.
func (c *completer) untyped(f *field) bool {
	for i := range f.object.fields {
		if culprit, ok := c.culprit(&f.object.fields[i], value{}); ok {
			c.report(c.failure(culprit))
			return false
		}
	}
	if c.explained(f) {
		return false
	}
	return c.invalid(CodeInvalidResult, "The type of the value of field "+f.coordinate+" is not known.")
}

// runtimeType is the type of an object whose head says typ, if t may have it. The name of an interface, which is what a
// subgraph calls an interface object, leaves the type unknown.
func (c *completer) runtimeType(t *typeShape, typ uint16) (uint16, bool) {
	switch {
	case t.possible == nil || t.possible.admits(typ):
		return typ, true
	case typ == noType, !c.run.p.types.known(typ) && c.run.typeName(typ) == t.name:
		return t.only, true
	default:
		return noType, false
	}
}

func (c *completer) list(f *field, t *typeShape, v value) bool {
	switch v.kind {
	case list:
		return c.listOfObjects(f, t, v)
	case raw:
		return c.listOfLeaves(f, t, v)
	default:
		return c.invalid(CodeInvalidResult, "Expected a list for field "+f.coordinate+".")
	}
}

func (c *completer) listOfObjects(f *field, t *typeShape, v value) bool {
	c.out = append(c.out, '[')
	c.path = append(c.path, PathElement{IsIndex: true})
	top := len(c.path) - 1
	for i := range v.n {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.path[top].Index = int(i)
		if !c.value(f, t.elem, c.arena[v.off+i]) {
			c.path = c.path[:top]
			return false
		}
	}
	c.path = c.path[:top]
	c.out = append(c.out, ']')
	return true
}

// invalid reports an error of the value being completed and returns false.
func (c *completer) invalid(code, message string) bool {
	c.report(Error{Message: message, Extensions: c.run.p.codeExtensions(code, "")})
	return false
}

// report adds an error at the current path.
func (c *completer) report(e Error) {
	e.Path = slices.Clone(c.path)
	c.add(e)
}

func (c *completer) add(e Error) {
	c.exceptions++
	if len(c.errors) >= c.run.p.options.MaxErrors {
		c.dropped++
		return
	}
	c.errors = append(c.errors, e)
}
