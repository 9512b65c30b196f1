package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/router/federation"
)

// contract makes a variant of the supergraph whose API has only some of the tagged elements. With tags to include, fields
// of objects and interfaces need one of them, on themselves or on their type; types that no visible element refers to
// are hidden with them. What has a tag to exclude is hidden whatever else it has.
type contract struct {
	*merger
	include, exclude []string
	reached          map[string]bool
}

func (o Options) isContract() bool { return len(o.IncludeTags)+len(o.ExcludeTags) > 0 }

// applyContract marks as @inaccessible what the contract leaves out, and checks that what is left makes an API.
func (m *merger) applyContract() {
	if !m.options.isContract() {
		return
	}
	c := &contract{merger: m, include: m.options.IncludeTags, exclude: m.options.ExcludeTags, reached: map[string]bool{}}
	for _, def := range m.out.apiTypes() {
		c.filter(def)
	}
	if len(c.include) > 0 {
		c.hideUnreached()
	}
	c.hideEmpty()
	m.checkInaccessible()
}

// filter hides a type, or parts of it, by their tags.
func (c *contract) filter(def *ast.Definition) {
	if c.tagged(def.Directives, c.exclude) {
		c.hide(&def.Directives)
	}
	whole := len(c.include) == 0 || c.tagged(def.Directives, c.include)
	byField := def.Kind == ast.Object || def.Kind == ast.Interface
	for _, f := range def.Fields {
		if byField && !whole && !c.tagged(f.Directives, c.include) || c.tagged(f.Directives, c.exclude) {
			c.hide(&f.Directives)
		}
		for _, a := range f.Arguments {
			if c.tagged(a.Directives, c.exclude) {
				c.hide(&a.Directives)
			}
		}
	}
	for _, v := range def.EnumValues {
		if c.tagged(v.Directives, c.exclude) {
			c.hide(&v.Directives)
		}
	}
}

func (c *contract) tagged(on ast.DirectiveList, tags []string) bool {
	local := c.core.local[federation.Tag]
	return local != "" && slices.ContainsFunc(on, func(d *ast.Directive) bool {
		name, _ := federation.StringArg(d, "name")
		return d.Name == local && slices.Contains(tags, name)
	})
}

func (c *contract) hide(on *ast.DirectiveList) {
	if !c.isInaccessible(*on) {
		*on = append(*on, directive(c.core.local[federation.Inaccessible]))
	}
}

// hideUnreached hides the types that are neither tagged nor referred to by anything visible.
func (c *contract) hideUnreached() {
	for _, root := range c.out.roots {
		c.reach(root)
	}
	for _, def := range c.out.apiTypes() {
		if c.tagged(def.Directives, c.include) {
			c.reach(def.Name)
		}
	}
	for _, def := range c.out.apiTypes() {
		if !c.reached[def.Name] {
			c.hide(&def.Directives)
		}
	}
}

func (c *contract) reach(name string) {
	def := c.out.types[name]
	if def == nil || c.reached[name] || c.isInaccessible(def.Directives) {
		return
	}
	c.reached[name] = true
	for _, f := range def.Fields {
		if c.isInaccessible(f.Directives) {
			continue
		}
		c.reach(f.Type.Name())
		for _, a := range f.Arguments {
			if !c.isInaccessible(a.Directives) {
				c.reach(a.Type.Name())
			}
		}
	}
	for _, other := range slices.Concat(def.Types, def.Interfaces) {
		c.reach(other)
	}
	for _, impl := range c.out.implementers(name) {
		c.reach(impl)
	}
}

// hideEmpty hides types of which nothing is left.
func (c *contract) hideEmpty() {
	for _, def := range c.out.apiTypes() {
		if len(def.Fields) == 0 || def.Name == c.out.roots[ast.Query] {
			continue
		}
		visible := slices.ContainsFunc(def.Fields, func(f *ast.FieldDefinition) bool { return !c.isInaccessible(f.Directives) })
		if !visible {
			c.hide(&def.Directives)
		}
	}
}
