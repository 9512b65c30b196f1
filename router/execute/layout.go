package execute

import (
	"slices"

	"devportal.internal/router/plan"
)

// site is a place in the store while the layouts are being found: what keys its objects have, and which fetches write
// them. Sites that one fetch writes are united, so that its answer fits each; what was united has a parent.
type site struct {
	parent *site
	keys   []string
	slots  map[string]*slotUse

	// written says that a fetch other than the one that made these objects may write into them: answers that are used
	// twice must be copied there.
	written bool
}

type slotUse struct {
	slot    int
	sub     *site // nil for leaves
	writers []int
}

func newSite() *site { return &site{slots: map[string]*slotUse{}} }

// find returns the site that s was united into.
func (s *site) find() *site {
	for s.parent != nil {
		s = s.parent
	}
	return s
}

// use returns the key's slot of a site that is united into no other, making it where there is none.
func (s *site) use(key string, composite bool) *slotUse {
	u, ok := s.slots[key]
	if !ok {
		u = &slotUse{slot: 1 + len(s.keys)}
		s.keys = append(s.keys, key)
		s.slots[key] = u
	}
	if composite && u.sub == nil {
		u.sub = newSite()
	}
	return u
}

// size is the number of values of an object here, its head included.
func (s *site) size() int { return 1 + len(s.find().keys) }

// unite makes a and b one site, and with them the sites beneath equal keys.
func unite(a, b *site) {
	a, b = a.find(), b.find()
	if a == b {
		return
	}
	b.parent = a
	a.written = a.written || b.written
	for _, key := range b.keys {
		from := b.slots[key]
		to := a.find().use(key, from.sub != nil)
		to.writers = append(to.writers, from.writers...)
		if from.sub != nil {
			unite(to.sub, from.sub)
		}
		a = a.find()
	}
}

// at returns the site that path leads to.
func (s *site) at(path plan.Path) *site {
	for _, step := range path {
		s = s.find().use(step.Key, true).sub.find()
	}
	return s.find()
}

// add records that fetch id writes the selections here.
func (s *site) add(set plan.SelectionSet, id int) {
	for _, sel := range set {
		if sel.Key == typenameKey {
			continue
		}
		u := s.find().use(sel.Key, sel.Sub != nil || sel.Typename != "")
		if u.sub != nil && len(u.writers) > 0 && !slices.Contains(u.writers, id) {
			u.sub.find().written = true
		}
		if !slices.Contains(u.writers, id) {
			u.writers = append(u.writers, id)
		}
		if u.sub != nil {
			u.sub.find().add(sel.Sub, id)
		}
	}
}

// layOut finds the site of the root, and with it all others: first what every fetch writes where, uniting the targets
// of each entity fetch.
func layOut(p *plan.Plan) *site {
	root := newSite()
	for _, f := range p.Fetches {
		into := root.at(f.Path)
		into.written = into.written || len(f.Path) > 0
		into.add(f.Selections, f.ID)
		for _, e := range f.Entities {
			for _, t := range e.Targets {
				unite(root.at(e.Targets[0].Path), root.at(t.Path))
			}
			if len(e.Targets) == 0 {
				continue
			}
			target := root.at(e.Targets[0].Path)
			target.written = true
			target.add(e.Selections, f.ID)
		}
	}
	root.expect(p.Shape)
	return root.find()
}

// expect makes places for the objects that a shape has, also where no fetch selects anything of them.
func (s *site) expect(o *plan.ObjectShape) {
	for i := range o.Fields {
		f := &o.Fields[i]
		if u := s.find().slots[f.StoreKey]; u != nil && f.Object != nil {
			s.find().use(f.StoreKey, true).sub.find().expect(f.Object)
		}
	}
}

// anyWritten says that an object in or beneath s is written into by other fetches.
func (s *site) anyWritten(seen map[*site]bool) bool {
	s = s.find()
	if seen[s] {
		return false
	}
	seen[s] = true
	if s.written {
		return true
	}
	for _, key := range s.keys {
		if sub := s.slots[key].sub; sub != nil && sub.anyWritten(seen) {
			return true
		}
	}
	return false
}
