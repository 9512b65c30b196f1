package execute

import (
	"errors"
	"fmt"
	"math"

	"devportal.internal/router/upstream"
)

var (
	errNoData   = errors.New("the answer has neither data nor errors")
	errEntities = errors.New("the answer does not have one entity a representation")
	errTooMany  = errors.New("the answers are too large together")
)

// store decodes an answer and merges it. After an error the store is as it was.
func (r *run) store(f *fetch, resp *upstream.Response) error {
	r.responses = append(r.responses, resp)
	r.bodies = append(r.bodies, resp.Body)
	if len(resp.Body) > math.MaxInt32 || len(r.bodies) > math.MaxUint16 || len(r.arena) > math.MaxInt32 {
		return errTooMany
	}
	d := decoder{run: r, arena: r.arena, stack: r.stack[:0], body: resp.Body, src: uint16(len(r.bodies) - 1), depth: r.p.options.MaxDepth}
	a, err := d.answer(r.answerOf(f))
	r.arena, r.stack = d.arena, d.stack
	if err != nil {
		return fmt.Errorf("reading the answer of subgraph %q: %w", f.subgraph, err)
	}
	if err := r.mergeAnswer(f, a); err != nil {
		return fmt.Errorf("reading the answer of subgraph %q: %w", f.subgraph, err)
	}
	return nil
}

func (r *run) mergeAnswer(f *fetch, a answer) error {
	errs, err := parseErrors(a.errors, r.p.options.MaxErrors)
	if err != nil {
		return err
	}
	if a.data.kind > null && a.data.kind != object || a.data.isNothing() && len(errs) == 0 {
		return errNoData
	}
	if a.data.kind == object {
		if err := r.mergeData(f, a.data.off); err != nil {
			return err
		}
	}
	r.place(f, errs)
	return nil
}

func (r *run) mergeData(f *fetch, at uint32) error {
	if len(f.entities) == 0 {
		r.mergeRoot(f, at)
		return nil
	}
	for i, e := range r.entitiesOf(f) {
		if !r.fits(r.arena[at+uint32(e.slot)], r.states[f.id].sent[i]) {
			return errEntities
		}
	}
	for i, e := range r.entitiesOf(f) {
		r.mergeEntities(e, r.arena[at+uint32(e.slot)], r.states[f.id].pairs[i])
	}
	return nil
}

// fits says that v answers n representations: a list of n objects or nulls, or nothing at all.
func (r *run) fits(v value, n int) bool {
	if v.isNothing() {
		return true
	}
	if v.kind != list || int(v.n) != n {
		return false
	}
	for _, e := range r.arena[v.off : v.off+v.n] {
		if e.kind != object && e.kind != null {
			return false
		}
	}
	return true
}

// mergeEntities writes each entity to the objects that asked for it.
func (r *run) mergeEntities(e *entities, v value, pairs []pair) {
	if v.kind != list {
		return
	}
	used := -1 // elements up to this one have been merged before
	for _, p := range pairs {
		element := r.arena[v.off+p.element]
		if element.kind != object {
			continue
		}
		if from := element.off; int(p.element) > used || !e.selection.copied {
			r.mergeEntity(p.at, from, e.selection)
		} else {
			r.mergeEntity(p.at, r.copyOf(element, e.selection).off, e.selection)
		}
		used = max(used, int(p.element))
	}
}
