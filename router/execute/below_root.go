package execute

// objectsAt adds the objects at a path from v, through lists of any depth, each once: those that have the run's last mark
// are there.
func (r *run) objectsAt(found []uint32, v value, path []step) []uint32 {
	switch v.kind {
	case list:
		for i := range v.n {
			found = r.objectsAt(found, r.arena[v.off+i], path)
		}
	case object:
		if len(path) == 0 {
			if r.sharing.found && r.arena[v.off].off == r.marks {
				return found
			}
			r.arena[v.off].off = r.marks
			return append(found, v.off)
		}
		if path[0].types.admits(r.arena[v.off].src) {
			found = r.objectsAt(found, r.arena[v.off+uint32(path[0].slot)], path[1:])
		}
	}
	return found
}

// writtenBy are the objects that a root fetch writes into.
func (r *run) writtenBy(f *fetch) []uint32 {
	if len(f.path) == 0 {
		return []uint32{r.root}
	}
	return r.states[f.id].objects
}

// mergeRoot writes an answer's data into each object that the fetch is for.
func (r *run) mergeRoot(f *fetch, at uint32) {
	for i, to := range r.writtenBy(f) {
		from := at
		if i > 0 && f.answer.copied {
			from = r.copyObject(value{kind: object, off: at}, f.answer).off
		}
		r.mergeObject(to, from)
	}
}
