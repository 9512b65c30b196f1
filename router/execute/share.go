package execute

import (
	"slices"
	"strings"

	"devportal.internal/router/plan"
)

// position is a place in the store as a plan's paths name it, before any are united.
type position struct {
	below map[string]*position

	// makers are the selections that make objects here, by fetch and entity field.
	makers []maker

	// ways are the types that paths through here ask of the objects around.
	ways []string
}

type maker struct{ fetch, entities int }

// share finds the selections of whose objects equal ones may be one. All that is done to one of them must be done to
// every other:
//
//   - no other selection makes objects at the same place: merged into one of them, its values would be in all;
//   - paths that lead there or further ask the same of the objects around, so that fetches are for all or for none;
//   - the selection is for one place, and nothing there depends on the objects around (contexts) or on when it is there
//     (deferred parts).
func (c *compiler) share(out *Program) {
	if len(c.plan.Deferred) > 0 || slices.ContainsFunc(out.fetches, func(f *fetch) bool { return f.contextual }) {
		return
	}
	root := &position{}
	for _, f := range c.plan.Fetches {
		root.follow(f.Path).make(f.Selections, maker{f.ID, -1})
		for i, e := range f.Entities {
			for _, t := range e.Targets {
				root.follow(t.Path).make(e.Selections, maker{f.ID, i})
			}
		}
	}
	for _, f := range c.plan.Fetches {
		compiled := out.fetches[f.ID]
		if len(f.Entities) == 0 {
			out.number(compiled.answer, root.follow(f.Path))
		}
		for i, e := range f.Entities {
			if len(e.Targets) == 1 {
				out.number(compiled.entities[i].selection, root.follow(e.Targets[0].Path))
			}
		}
	}
}

func (p *position) at(key string) *position {
	if p.below == nil {
		p.below = map[string]*position{}
	}
	if p.below[key] == nil {
		p.below[key] = &position{}
	}
	return p.below[key]
}

// follow goes along a path, leaving on its way what it asks.
func (p *position) follow(path plan.Path) *position {
	var way strings.Builder
	for _, step := range path {
		if step.Types != nil {
			way.WriteString(strings.Join(step.Types, "|"))
		}
		way.WriteByte('/')
		p = p.at(step.Key)
		if !slices.Contains(p.ways, way.String()) {
			p.ways = append(p.ways, way.String())
		}
	}
	return p
}

// make leaves m at the places of composite values.
func (p *position) make(set plan.SelectionSet, m maker) {
	for _, sel := range set {
		if sel.Sub == nil && sel.Typename == "" {
			continue
		}
		below := p.at(sel.Key)
		if !slices.Contains(below.makers, m) {
			below.makers = append(below.makers, m)
		}
		below.make(sel.Sub, m)
	}
}

// number numbers the selections beneath s, which is for at, that make objects which may be shared.
func (p *Program) number(s *selection, at *position) {
	for i := range s.keys {
		sub := s.keys[i].sub
		if sub == nil {
			continue
		}
		below := at.at(s.keys[i].name)
		if len(below.makers) == 1 && len(below.ways) <= 1 && sub.shared == 0 {
			p.shared++
			sub.shared = p.shared
		}
		p.number(sub, below)
	}
}
