package plan

import (
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/supergraph"
)

// contextUse is an argument that a draft's fields take from the objects around its own (@fromContext, federation 2.8).
type contextUse struct {
	argument supergraph.ContextArgument

	// sources are where the value is, the nearest place first. Those of one place differ in their types.
	sources []contextSource
}

// contextSource is an enclosing place whose objects of some types set a context.
type contextSource struct {
	place *place
	types supergraph.TypeSet
	set   supergraph.FieldSet
}

func (c *contextUse) same(o *contextUse) bool {
	return c.argument.Context == o.argument.Context && c.argument.Selection == o.argument.Selection &&
		c.argument.Type == o.argument.Type
}

func addContexts(list, uses []*contextUse) []*contextUse {
	for _, use := range uses {
		if !slices.ContainsFunc(list, use.same) {
			list = append(list, use)
		}
	}
	return list
}

func sameContexts(x, y []supergraph.ContextArgument) bool {
	return slices.EqualFunc(x, y, func(a, b supergraph.ContextArgument) bool {
		return a.Name == b.Name && a.Context == b.Context && a.Selection == b.Selection
	})
}

// contextsOf finds where the contextual arguments of a field at a place come from; false where an object around it may
// be that sets no such context, nor anything around that.
func (b *builder) contextsOf(p *place, field *supergraph.Field) ([]*contextUse, bool) {
	var uses []*contextUse
	for _, argument := range field.Contexts {
		use := &contextUse{argument: argument}
		if !b.findContext(p, use) {
			return nil, false
		}
		uses = append(uses, use)
	}
	return uses, true
}

// findContext goes outwards until every object on the way has met one that sets the context.
func (b *builder) findContext(p *place, use *contextUse) bool {
	for ; p.via != nil; p = p.parent {
		above := p.parent
		if above.via == nil && b.op.Kind != ast.Query {
			return false
		}
		through := p.via.types.And(above.possible)
		var found supergraph.TypeSet
		for object := range through.All() {
			set, ok := use.argument.Sets[object]
			if !ok {
				continue
			}
			found = found.Or(b.know.single(object))
			use.add(above, set, b.know.single(object))
		}
		if through.SubsetOf(found) {
			return true
		}
	}
	return false
}

func (c *contextUse) add(p *place, set supergraph.FieldSet, types supergraph.TypeSet) {
	for i := range c.sources {
		if s := &c.sources[i]; s.place == p && setsEqual(s.set, set) {
			s.types = s.types.Or(types)
			return
		}
	}
	c.sources = append(c.sources, contextSource{p, types, set})
}

// wantContexts has the values of contexts fetched, and adds the fetches that supply them to deps.
func (b *builder) wantContexts(uses []*contextUse, defers int, deps []*draft) []*draft {
	for _, use := range uses {
		for _, s := range use.sources {
			deps = b.want(s.place, s.set, s.types, defers, deps)
			if s.place.via != nil && s.place.possible.Len() > 1 && !s.place.possible.SubsetOf(s.types) {
				deps = addDraft(deps, b.knowTypename(s.place, defers).draft)
			}
		}
	}
	return deps
}

// contextValue writes the name of the variable that holds a contextual argument's value.
func (d *document) contextValue(argument supergraph.ContextArgument) {
	at := slices.IndexFunc(d.contexts, (&contextUse{argument: argument}).same)
	d.uses = append(d.uses, ContextUse{At: len(d.out), Context: at})
	d.out = append(d.out, d.contextName(d.numbered+at)...)
}

// contextName is the name of the context variable of a number in a fetch. What follows it, an underscore and a number,
// names further values of it; nothing that the client has named begins like that.
func (d *document) contextName(number int) string {
	return d.freePrefix("c") + strconv.Itoa(number)
}

// contextVariables describes the contexts of the draft that was written for execution.
func (d *document) contextVariables(draft *draft) []ContextVariable {
	var list []ContextVariable
	for i, use := range draft.contexts {
		variable := ContextVariable{Name: d.contextName(d.numbered + i), Type: use.argument.Type}
		for _, s := range use.sources {
			variable.From = append(variable.From, d.contextSource(draft, s))
		}
		list = append(list, variable)
	}
	d.numbered += len(list)
	return list
}

func (f *finisher) contextSource(draft *draft, s contextSource) ContextSource {
	source := ContextSource{Depth: depthOf(s.place)}
	if !s.place.possible.SubsetOf(s.types) {
		source.Types = f.know.schema.Names(s.types)
	}
	for object := range s.types.All() {
		for _, member := range f.objectMembers(nil, draft, s.place, s.set, object, true) {
			if s.place.possible.Len() > 1 {
				member.Types = []string{f.know.schema.Objects[object]}
			}
			source.Members = addMember(source.Members, member)
		}
	}
	for i := range source.Members {
		if s.place.possible.And(s.types).Len() == len(source.Members[i].Types) {
			source.Members[i].Types = nil
		}
	}
	return source
}

func depthOf(p *place) int {
	depth := 0
	for ; p.via != nil; p = p.parent {
		depth++
	}
	return depth
}
