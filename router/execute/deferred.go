package execute

import "slices"

// complete writes part i at each object that it applies to.
func (p *Parts) complete(i int) []Part {
	w := partWriter{parts: p, part: &p.run.p.parts[i], index: i}
	root := value{kind: object, off: p.run.root}
	w.visit(root, noType, w.part.path, []*shape{w.part.anchor}, nil)
	w.tellRest()
	return w.out
}

// tellRest adds to the first answer the errors that came since the last part and belong to no object. Where there is no
// answer they wait for the next part; after the last they come alone, with an empty object for the root. So do those of
// objects that no part had.
func (w *partWriter) tellRest() {
	isLast := len(w.parts.waiting) == 0
	if len(w.out) == 0 && !isLast {
		return
	}
	var rest []Error
	pending := w.parts.run.pending
	for i := range pending {
		if p := &pending[i]; !p.told && (p.nowhere || isLast) {
			p.told = true
			rest = append(rest, p.error)
		}
	}
	if len(rest) == 0 {
		return
	}
	if len(w.out) == 0 {
		w.out = []Part{{Label: w.part.label, Path: []PathElement{}, Data: []byte("{}")}}
	}
	first := &w.out[0]
	first.Errors = append(first.Errors, rest[:min(len(rest), w.parts.run.p.options.MaxErrors-len(first.Errors))]...)
}

// partWriter walks the store along a deferred part's path.
type partWriter struct {
	parts *Parts
	part  *part
	index int
	out   []Part
}

// visit goes on from the object v, whose fields in the response so far are those of shapes, and which is at place.
func (w *partWriter) visit(v value, typ uint16, path []string, shapes []*shape, place []PathElement) {
	if len(path) == 0 {
		w.write(v.off, typ, place)
		return
	}
	depth := len(w.part.path) - len(path)
	shapes = append(slices.Clone(shapes), w.enclosing(depth)...)
	below, t, slot := follow(shapes, path[0], typ)
	if slot == 0 {
		return
	}
	place = append(slices.Clone(place), PathElement{Key: path[0]})
	w.descend(w.parts.run.arena[v.off+uint32(slot)], t, path[1:], below, place)
}

// follow finds the field that a response key stands for in an object of type typ.
func follow(shapes []*shape, key string, typ uint16) (below []*shape, t *typeShape, slot int) {
	for _, s := range shapes {
		for i := range s.fields {
			f := &s.fields[i]
			if f.responseKey == key && f.object != nil && f.types.admits(typ) {
				below, t, slot = append(below, f.object), f.typ, f.slot
			}
		}
	}
	return below, t, slot
}

// descend goes through lists to the objects in them.
func (w *partWriter) descend(v value, t *typeShape, path []string, shapes []*shape, place []PathElement) {
	if w.parts.isNull(place) {
		return
	}
	switch {
	case v.kind == list && t.elem != nil:
		for i := range v.n {
			at := append(slices.Clone(place), PathElement{Index: int(i), IsIndex: true})
			w.descend(w.parts.run.arena[v.off+i], t.elem, path, shapes, at)
		}
	case v.kind == object && t.elem == nil:
		c := newCompleter(w.parts.run, nil, nil)
		if typ, ok := c.runtimeType(t, w.parts.run.arena[v.off].src); ok {
			w.visit(v, typ, path, shapes, place)
		}
	}
}

// enclosing are the shapes of the parts around this one that stand at the first depth keys of its path.
func (w *partWriter) enclosing(depth int) []*shape {
	var shapes []*shape
	for p := w.part.parent; p >= 0; p = w.parts.run.p.parts[p].parent {
		if d := &w.parts.run.p.parts[p]; slices.Equal(d.path, w.part.path[:depth]) {
			shapes = append(shapes, d.shape)
		}
	}
	return shapes
}

func (p *Parts) isNull(place []PathElement) bool {
	return slices.ContainsFunc(p.nulled, func(n []PathElement) bool { return slices.Equal(n, place) })
}

func (w *partWriter) write(at uint32, typ uint16, place []PathElement) {
	if !w.applies(typ) {
		return
	}
	c := newCompleter(w.parts.run, nil, slices.Clone(place))
	if !c.root(w.part.shape, at, typ) {
		w.parts.nulled = append(w.parts.nulled, slices.Clone(place))
	}
	c.tellBeneath(w.part.shape, at, typ)
	w.parts.nulled = append(w.parts.nulled, c.nulled...)
	w.out = append(w.out, Part{Label: w.part.label, Path: place, Data: c.out, Errors: c.errors})
}

// applies says that an object of type typ has fields of the part.
func (w *partWriter) applies(typ uint16) bool {
	return slices.ContainsFunc(w.part.shape.fields, func(f field) bool { return f.types.admits(typ) })
}
