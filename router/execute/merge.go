package execute

// mergeObject writes the slots of the object at from to the object at to; both have the same layout.
func (r *run) mergeObject(to, from uint32) {
	if to == from {
		return
	}
	r.mergeType(to, from)
	for i := uint32(1); i < r.arena[from].n; i++ {
		switch v := r.arena[from+i]; {
		case v.kind == absent:
		case r.arena[to+i].isNothing():
			r.arena[to+i] = v
		default:
			r.mergeValue(to+i, v)
		}
	}
}

// mergeEntity writes what a selection reads into the object at from to the object at to.
func (r *run) mergeEntity(to, from uint32, s *selection) {
	if to == from {
		return
	}
	r.mergeType(to, from)
	size := r.arena[to].n
	target, source := r.arena[to:to+size], r.arena[from:from+size]
	for _, slot := range s.slots {
		switch v := source[slot]; {
		case v.kind == absent:
		case target[slot].isNothing():
			target[slot] = v
		default:
			r.mergeValue(to+slot, v)
		}
	}
}

// mergeType keeps the first runtime type that the plan knows: an interface object's name never replaces a type's.
func (r *run) mergeType(to, from uint32) {
	t, f := &r.arena[to], r.arena[from]
	if f.src != noType && !r.p.types.known(t.src) {
		t.src = f.src
	}
}

// mergeValue writes v to a slot. What is there stays, except null; objects are merged by slot, lists by index.
func (r *run) mergeValue(slot uint32, v value) {
	there := r.arena[slot]
	switch {
	case v.kind == absent:
	case there.isNothing():
		r.arena[slot] = v
	case there.kind == object && v.kind == object:
		r.mergeObject(there.off, v.off)
	case there.kind == list && v.kind == list && there.n == v.n:
		for i := range v.n {
			r.mergeValue(there.off+i, r.arena[v.off+i])
		}
	}
}

// copyOf copies an object or a list of objects, and all that is in them, so that later fetches write to one alone.
func (r *run) copyOf(v value, s *selection) value {
	switch v.kind {
	case object:
		return r.copyObject(v, s)
	case list:
		at := uint32(len(r.arena))
		r.arena = grow(r.arena, int(v.n))
		for i := range v.n {
			r.arena[at+i] = r.copyOf(r.arena[v.off+i], s)
		}
		v.off = at
	}
	return v
}

func (r *run) copyObject(v value, s *selection) value {
	size := r.arena[v.off].n
	at := uint32(len(r.arena))
	r.arena = grow(r.arena, int(size))
	copy(r.arena[at:], r.arena[v.off:v.off+size])
	for i := range s.keys {
		if key := &s.keys[i]; key.sub != nil {
			slot := at + uint32(key.slot)
			r.arena[slot] = r.copyOf(r.arena[slot], key.sub)
		}
	}
	v.off = at
	return v
}
