package execute

import (
	"context"
	"fmt"
	"io"
	"slices"

	"devportal.internal/router/plan"
)

// Part is the answer of one deferred fragment at one place of the response.
type Part struct {
	Label string

	// Path is the object that Data belongs to; the root, with no data, for errors that belong to no part.
	Path []PathElement

	// Data is a JSON object, or null when a null propagated to the fragment's top.
	Data   []byte
	Errors []Error
}

// part is a compiled plan.Deferred.
type part struct {
	label   string
	parent  int // index of the enclosing part, -1 for the initial response
	path    []string
	anchor  *shape // what path starts from: the initial response's shape
	shape   *shape
	fetches []int
}

// deferred compiles the deferred parts.
func (c *compiler) deferred(out *Program) error {
	for i, d := range c.plan.Deferred {
		if d.Shape == nil || d.Parent < 0 || d.Parent > i {
			return fmt.Errorf("compiling a plan: deferred part %d has no shape, or a parent after it", i)
		}
		for _, id := range d.Fetches {
			if id < 0 || id >= len(c.plan.Fetches) {
				return fmt.Errorf("compiling a plan: deferred part %d needs fetch %d", i, id)
			}
		}
		site, err := c.siteOf(i)
		if err != nil {
			return err
		}
		out.parts = append(out.parts, part{
			label: d.Label, parent: d.Parent - 1, path: d.Path, anchor: out.shape, shape: c.shape(d.Shape, site), fetches: d.Fetches,
		})
	}
	return nil
}

// siteOf finds the place in the store that a deferred part's path, by response keys, leads to.
func (c *compiler) siteOf(i int) (*site, error) {
	shapes, s := []*plan.ObjectShape{c.plan.Shape}, c.root
	for depth, key := range c.plan.Deferred[i].Path {
		shapes = append(shapes, c.shapesAt(i, depth)...)
		var below []*plan.ObjectShape
		var next *site
		for _, o := range shapes {
			for n := range o.Fields {
				f := &o.Fields[n]
				if u := s.slots[f.StoreKey]; f.ResponseKey == key && f.Object != nil && u != nil && u.sub != nil {
					below, next = append(below, f.Object), u.sub.find()
				}
			}
		}
		if next == nil {
			return nil, fmt.Errorf("compiling a plan: the path of deferred part %d leads nowhere at %q", i, key)
		}
		shapes, s = below, next
	}
	return s, nil
}

// shapesAt are the shapes of the parts around part i that stand at the first depth keys of its path.
func (c *compiler) shapesAt(i, depth int) []*plan.ObjectShape {
	var shapes []*plan.ObjectShape
	path := c.plan.Deferred[i].Path
	for p := c.plan.Deferred[i].Parent; p > 0; p = c.plan.Deferred[p-1].Parent {
		if d := c.plan.Deferred[p-1]; slices.Equal(d.Path, path[:depth]) {
			shapes = append(shapes, d.Shape)
		}
	}
	return shapes
}

// Parts are the deferred parts of a response, in the order in which they become complete, parents before children. It is
// used by one goroutine.
type Parts struct {
	run     *run
	cancel  context.CancelFunc
	waiting []int // indexes of parts that have not been given
	given   []bool
	nulled  [][]PathElement
}

// ExecuteIncremental runs a plan with deferred parts up to its initial response. The caller reads Next until it returns
// io.EOF, or an error, and calls Close then.
func (p *Program) ExecuteIncremental(ctx context.Context, req *Request) (*Response, *Parts) {
	ctx, cancel := context.WithCancel(ctx)
	r := p.begin(ctx, req)
	r.perform(r.ready(r.initial()))
	resp, nulled := r.complete()
	parts := &Parts{run: r, cancel: cancel, given: make([]bool, len(p.parts)), nulled: nulled}
	for i := range p.parts {
		parts.waiting = append(parts.waiting, i)
	}
	r.pending = slices.DeleteFunc(r.pending, func(e pendingError) bool { return e.told })
	r.startDeferred()
	return resp, parts
}

// startDeferred starts the fetches that the initial response did not need.
func (r *run) startDeferred() {
	r.done = make(chan int, len(r.p.fetches))
	var ids []int
	for _, f := range r.p.fetches {
		if !r.states[f.id].ended && r.states[f.id].waitsFor == 0 {
			ids = append(ids, f.id)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, f := range r.ready(ids) {
		r.spawn(f)
	}
}

// Next waits for the next parts: those of one fragment, one for each object it applies to, maybe none. More says that
// others follow. After the last it returns io.EOF; when ctx ends, its error.
func (p *Parts) Next(ctx context.Context) (parts []Part, more bool, err error) {
	if len(p.waiting) == 0 {
		return nil, false, io.EOF
	}
	for {
		if parts, ok := p.take(); ok {
			return parts, len(p.waiting) > 0, nil
		}
		select {
		case <-p.run.done:
		case <-ctx.Done():
			return nil, true, ctx.Err()
		}
	}
}

// take completes the first part that is ready, if there is one.
func (p *Parts) take() ([]Part, bool) {
	p.run.mu.Lock()
	defer p.run.mu.Unlock()
	for n, i := range p.waiting {
		if d := &p.run.p.parts[i]; p.isReady(d) {
			p.waiting = slices.Delete(p.waiting, n, n+1)
			p.given[i] = true
			return p.complete(i), true
		}
	}
	return nil, false
}

func (p *Parts) isReady(d *part) bool {
	if d.parent >= 0 && !p.given[d.parent] {
		return false
	}
	return !slices.ContainsFunc(d.fetches, func(id int) bool { return !p.run.states[id].ended })
}

// Close ends what is under way and waits for it.
func (p *Parts) Close() {
	if p.run == nil {
		return
	}
	p.cancel()
	p.run.wg.Wait()
	p.run.free()
	p.run, p.waiting = nil, nil
}
