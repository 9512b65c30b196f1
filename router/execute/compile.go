package execute

import (
	"errors"
	"fmt"
	"math"

	"devportal.internal/router/plan"
)

// compiler turns a plan into a Program, in this order: find the layouts, number the types while the fetches and shapes
// are compiled, then link fetches to those that wait for them.
type compiler struct {
	plan  *plan.Plan
	root  *site
	types *typeTable
	forms map[string]uint64
}

func (c *compiler) program(o Options) (*Program, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.root = layOut(c.plan)
	out := &Program{options: o, types: c.types, size: c.root.size(), subscription: c.plan.Kind == plan.Subscription}
	for _, f := range c.plan.Fetches {
		compiled, err := c.fetch(f)
		if err != nil {
			return nil, err
		}
		out.fetches = append(out.fetches, compiled)
	}
	for _, f := range out.fetches {
		for _, id := range f.dependsOn {
			out.fetches[id].dependents = append(out.fetches[id].dependents, f.id)
		}
	}
	c.share(out)
	out.shape = c.shape(c.plan.Shape, c.root)
	if err := c.deferred(out); err != nil {
		return nil, err
	}
	if len(c.types.names) >= math.MaxUint16/2 {
		return nil, errors.New("compiling a plan: too many runtime types")
	}
	return out, nil
}

func (c *compiler) check() error {
	if c.plan == nil || c.plan.Shape == nil {
		return errors.New("compiling a plan: it has no shape")
	}
	if len(c.plan.Fetches) > math.MaxUint16/2 {
		return errors.New("compiling a plan: too many fetches")
	}
	if c.plan.Kind == plan.Subscription && len(c.plan.Fetches) == 0 {
		return errors.New("compiling a plan: a subscription without a trigger")
	}
	for i, f := range c.plan.Fetches {
		if f.ID != i {
			return fmt.Errorf("compiling a plan: fetch %d stands at %d", f.ID, i)
		}
		for _, id := range f.DependsOn {
			if id < 0 || id >= i {
				return fmt.Errorf("compiling a plan: fetch %d depends on %d", i, id)
			}
		}
		if f.Deferred < 0 || f.Deferred > len(c.plan.Deferred) {
			return fmt.Errorf("compiling a plan: fetch %d is of deferred part %d", i, f.Deferred)
		}
	}
	return nil
}

// place translates a store path to a response path, up to the first list or the first value the client did not ask for.
func (c *compiler) place(path plan.Path) []PathElement {
	place := []PathElement{}
	shape := c.plan.Shape
	for _, step := range path {
		f := fieldAt(shape, step.Key)
		if f == nil {
			return place
		}
		place = append(place, PathElement{Key: f.ResponseKey})
		if f.Object == nil || f.Type == nil || f.Type.Elem != nil {
			return place
		}
		shape = f.Object
	}
	return place
}

func fieldAt(o *plan.ObjectShape, storeKey string) *plan.FieldShape {
	for i := range o.Fields {
		if o.Fields[i].StoreKey == storeKey {
			return &o.Fields[i]
		}
	}
	return nil
}
