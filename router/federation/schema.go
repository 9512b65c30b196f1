package federation

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Schema is a subgraph's schema. Fields are read-only for others; Upgrade and Validate change them.
type Schema struct {
	Subgraph    string
	Description string

	// Directives are the applications on the schema element, of its definition and extensions.
	Directives ast.DirectiveList

	// Types by name, federation's own and built-in scalars included; Order has the names in the order of the SDL.
	Types map[string]*Type
	Order []string

	// DirectiveDefinitions by local name, federation's own included; DirectiveOrder has those of the SDL in order.
	DirectiveDefinitions map[string]*ast.DirectiveDefinition
	DirectiveOrder       []string

	// Roots are the root operation types that exist, by operation. After Parse they have their default names.
	Roots map[ast.Operation]string

	// Links are the @link applications; Version is the version of federation linked, 1.0 when none is.
	Links   []*Link
	Version Version

	// Upgraded is set on schemas that were written for federation 1.
	Upgraded bool

	local      map[DirectiveName]string
	internal   map[string]bool // types and directives ("@name") that belong to specifications, not to the API
	interfaces map[string][]string
	usage      *usage
	rootErrors []*Error
	applied    map[string]bool
}

// Type is a type of a subgraph: its definition and extensions joined.
type Type struct {
	*ast.Definition

	// Defined is set when some element stems from a definition, Extended when some stems from an extension.
	Defined  bool
	Extended bool

	fields map[string]*ast.FieldDefinition

	// part numbers the definition (0) or extension (1, 2, …) that a field or directive was written in.
	partOfField     map[*ast.FieldDefinition]int
	partOfDirective map[*ast.Directive]int
}

func newType(def *ast.Definition) *Type {
	t := &Type{
		Definition:      def,
		fields:          make(map[string]*ast.FieldDefinition, len(def.Fields)),
		partOfField:     map[*ast.FieldDefinition]int{},
		partOfDirective: map[*ast.Directive]int{},
	}
	for _, f := range def.Fields {
		t.fields[f.Name] = f
	}
	return t
}

// Field returns the field of that name, or nil.
func (t *Type) Field(name string) *ast.FieldDefinition { return t.fields[name] }

// OfExtension reports whether a directive was applied on an extension of the type.
func (t *Type) OfExtension(d *ast.Directive) bool { return t.partOfDirective[d] > 0 }

// RemoveField takes a field away.
func (t *Type) removeField(name string) {
	delete(t.fields, name)
	t.Fields = slices.DeleteFunc(slices.Clone(t.Fields), func(f *ast.FieldDefinition) bool { return f.Name == name })
}

// LocalName is what this schema calls a federation directive; "" when the schema cannot apply it.
func (s *Schema) LocalName(name DirectiveName) string { return s.local[name] }

// Applied returns those of the applications that are applications of the named federation directive.
func (s *Schema) Applied(name DirectiveName, on ast.DirectiveList) []*ast.Directive {
	local := s.local[name]
	if local == "" {
		return nil
	}
	var found []*ast.Directive
	for _, d := range on {
		if d.Name == local {
			found = append(found, d)
		}
	}
	return found
}

// Has reports whether the named federation directive is among the applications.
func (s *Schema) Has(name DirectiveName, on ast.DirectiveList) bool {
	local := s.local[name]
	return local != "" && slices.ContainsFunc(on, func(d *ast.Directive) bool { return d.Name == local })
}

// IsInternalType reports whether the type belongs to a specification (federation's scalars, `_Any`, `_Entity` …)
// rather than to the subgraph's API.
func (s *Schema) IsInternalType(name string) bool { return s.internal[name] }

// IsInternalDirective reports whether the directive of that local name belongs to the link or federation specification.
func (s *Schema) IsInternalDirective(name string) bool { return s.internal["@"+name] }

// UserTypes are the types of the subgraph's own API, in the order of the SDL.
func (s *Schema) UserTypes() []*Type {
	types := make([]*Type, 0, len(s.Order))
	for _, name := range s.Order {
		if t := s.Types[name]; t != nil && !s.internal[name] {
			types = append(types, t)
		}
	}
	return types
}

// IsRoot reports whether the named type is a root operation type.
func (s *Schema) IsRoot(name string) bool {
	for _, root := range s.Roots {
		if root == name {
			return true
		}
	}
	return false
}

// PossibleTypes are the names of the object types that a value of the named composite type can have here: itself, the
// implementers of an interface, or the members of a union, in the order of the SDL.
func (s *Schema) PossibleTypes(name string) []string {
	t := s.Types[name]
	switch {
	case t == nil:
		return nil
	case t.Kind == ast.Union:
		return t.Types
	case t.Kind == ast.Interface:
		return s.implementers()[name]
	}
	return []string{name}
}

func (s *Schema) implementers() map[string][]string {
	if s.interfaces == nil {
		s.interfaces = map[string][]string{}
		for _, name := range s.Order {
			if t := s.Types[name]; t != nil && t.Kind == ast.Object {
				for _, itf := range t.Interfaces {
					s.interfaces[itf] = append(s.interfaces[itf], name)
				}
			}
		}
	}
	return s.interfaces
}

// StringArg returns the value of a string argument of an application; ok is false when it is absent or no string.
func StringArg(d *ast.Directive, name string) (value string, ok bool) {
	arg := d.Arguments.ForName(name)
	if arg == nil || arg.Value == nil {
		return "", false
	}
	if arg.Value.Kind != ast.StringValue && arg.Value.Kind != ast.BlockValue {
		return "", false
	}
	return arg.Value.Raw, true
}

// BoolArg returns the value of a Boolean argument, or otherwise where it is absent.
func BoolArg(d *ast.Directive, name string, otherwise bool) bool {
	arg := d.Arguments.ForName(name)
	if arg == nil || arg.Value == nil || arg.Value.Kind != ast.BooleanValue {
		return otherwise
	}
	return arg.Value.Raw == "true"
}

// IsComposite reports whether the named type has sub-selections.
func (s *Schema) isComposite(name string) bool {
	t := s.Types[name]
	return t != nil && t.IsCompositeType()
}

// Applies reports whether the schema applies the named federation directive anywhere.
func (s *Schema) Applies(name DirectiveName) bool {
	local := s.local[name]
	return local != "" && s.appliedNames()[local]
}

// appliedNames are the local names of all directives applied.
func (s *Schema) appliedNames() map[string]bool {
	if s.applied != nil {
		return s.applied
	}
	s.applied = map[string]bool{}
	note := func(list ast.DirectiveList) {
		for _, d := range list {
			s.applied[d.Name] = true
		}
	}
	note(s.Directives)
	for _, t := range s.UserTypes() {
		note(t.Directives)
		for _, v := range t.EnumValues {
			note(v.Directives)
		}
		for _, f := range t.Fields {
			note(f.Directives)
			for _, a := range f.Arguments {
				note(a.Directives)
			}
		}
	}
	return s.applied
}
