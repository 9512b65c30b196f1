package federation

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// fieldSetRules are what the field sets of one directive may hold, and the codes of what they may not.
type fieldSetRules struct {
	name              DirectiveName
	arguments         bool // fields with arguments may be selected
	leavesMayBeInside bool // leaves need not be external
	typeInvalid       Code
	invalid           Code
	hasArgs           Code
	missingExternal   Code
	directive         Code
	onInterface       Code
}

func keyRules() fieldSetRules {
	return fieldSetRules{
		Key, false, true, ErrKeyInvalidFieldsType, ErrKeyInvalidFields, ErrKeyFieldsHasArgs,
		ErrKeyFieldsMissingExternal, ErrKeyDirectiveInFieldsArg, ErrKeyUnsupportedOnInterface,
	}
}

func requiresRules() fieldSetRules {
	return fieldSetRules{
		Requires, true, false, ErrRequiresInvalidFieldsType, ErrRequiresInvalidFields, ErrRequiresFieldsHasArgs,
		ErrRequiresFieldsMissingExternal, ErrRequiresDirectiveInFieldsArg, ErrRequiresUnsupportedOnInterface,
	}
}

func providesRules() fieldSetRules {
	return fieldSetRules{
		Provides, false, false, ErrProvidesInvalidFieldsType, ErrProvidesInvalidFields, ErrProvidesFieldsHasArgs,
		ErrProvidesFieldsMissingExternal, ErrProvidesDirectiveInFieldsArg, ErrProvidesUnsupportedOnInterface,
	}
}

// validateFieldSets checks every @key, @requires and @provides.
func (v *validator) validateFieldSets() {
	for _, t := range v.UserTypes() {
		v.validateKeys(t)
	}
	v.eachFieldDefinition(v.validateRequires)
	v.eachFieldDefinition(v.validateProvides)
}

func (v *validator) validateKeys(t *Type) {
	for _, d := range v.Applied(Key, t.Directives) {
		if t.Kind == ast.Interface && !v.Upgraded && !v.Version.AtLeast(Version{2, 3}) {
			v.fail(ErrKeyUnsupportedOnInterface, d.Position,
				"Cannot use @key on interface %q: @key is not yet supported on interfaces", t.Name)
			continue
		}
		c := &fieldSetCheck{validator: v, rules: keyRules(), at: d, where: fmt.Sprintf("On type %q", t.Name)}
		if c.selectsAbstract(t.Name) {
			continue
		}
		c.check(c.parse(t.Name), false)
	}
}

func (v *validator) validateRequires(t *Type, f *ast.FieldDefinition) {
	for _, d := range v.Applied(Requires, f.Directives) {
		c := &fieldSetCheck{validator: v, rules: requiresRules(), at: d, where: fmt.Sprintf("On field %q", t.Name+"."+f.Name)}
		c.rejectInterface(t, f)
		c.check(c.parse(t.Name), false)
	}
}

func (v *validator) validateProvides(t *Type, f *ast.FieldDefinition) {
	for _, d := range v.Applied(Provides, f.Directives) {
		c := &fieldSetCheck{validator: v, rules: providesRules(), at: d, where: fmt.Sprintf("On field %q", t.Name+"."+f.Name)}
		c.rejectInterface(t, f)
		c.check(c.parse(f.Type.Name()), false)
	}
}

// misplacedProvides finds the first @provides on a field that can provide nothing; no other rule is checked then.
func (s *Schema) misplacedProvides() (found *Error) {
	s.eachFieldDefinition(func(t *Type, f *ast.FieldDefinition) {
		applied := s.Applied(Provides, f.Directives)
		if found != nil || len(applied) == 0 {
			return
		}
		coordinate := t.Name + "." + f.Name
		switch {
		case s.IsExternal(f):
			found = Errorf(ErrExternalCollisionWithAnotherDirective, s.Subgraph, applied[0].Position,
				"Cannot have both @provides and @external on field %q", coordinate)
		case !s.isComposite(f.Type.Name()):
			found = Errorf(ErrProvidesOnNonObjectField, s.Subgraph, applied[0].Position,
				"Invalid @provides directive on field %q: field has type %q which is not a Composite Type", coordinate, f.Type)
		}
	})
	return found
}

// fieldSetCheck checks one application.
type fieldSetCheck struct {
	*validator
	rules fieldSetRules
	at    *ast.Directive
	where string
}

func (c *fieldSetCheck) rejectInterface(t *Type, f *ast.FieldDefinition) {
	if t.Kind == ast.Interface {
		c.validator.fail(c.rules.onInterface, c.at.Position,
			"Cannot use @%s on field %q of parent type %q: @%s is not yet supported within interfaces",
			c.rules.name, t.Name+"."+f.Name, t.Name, c.rules.name)
	}
}

func (c *fieldSetCheck) failf(code Code, format string, args ...any) {
	shown := ""
	if arg := c.at.Arguments.ForName("fields"); arg != nil {
		shown = PrintValue(arg.Value)
	}
	prefix := fmt.Sprintf("%s, for @%s(fields: %s): ", c.where, c.at.Name, shown)
	c.validator.fail(code, c.at.Position, "%s", prefix+fmt.Sprintf(format, args...))
}

func (c *fieldSetCheck) parse(on string) FieldSet {
	text, ok := StringArg(c.at, "fields")
	if !ok {
		c.failf(c.rules.typeInvalid, "Invalid value for argument \"fields\": must be a string.")
		return nil
	}
	set, err := c.ParseFieldSet(on, text)
	if err != nil {
		c.failf(c.rules.invalid, "%s%s", err, c.advice(err))
		return nil
	}
	return set
}

// advice says what to do about an unknown field.
func (c *fieldSetCheck) advice(err error) string {
	var unknown *unknownFieldError
	switch {
	case !errors.As(err, &unknown):
		return ""
	case c.rules.name == Key:
		return " (the field should either be added to this subgraph or, if it should not be resolved by this subgraph, " +
			"you need to add it to this subgraph with @external)."
	}
	return " (if the field is defined in another subgraph, you need to add it to this subgraph with @external)."
}

// selectsAbstract reports a field of an interface or union type in a key, whatever is selected of it.
func (c *fieldSetCheck) selectsAbstract(on string) bool {
	text, _ := StringArg(c.at, "fields")
	doc, err := parseQuery("{" + text + "}")
	if err != nil || len(doc.Operations) != 1 {
		return false
	}
	return c.findAbstract(on, doc.Operations[0].SelectionSet)
}

func (c *fieldSetCheck) findAbstract(on string, set ast.SelectionSet) bool {
	t := c.Types[on]
	for _, sel := range set {
		field, ok := sel.(*ast.Field)
		if !ok || t == nil || t.Field(field.Name) == nil {
			continue
		}
		next := c.Types[t.Field(field.Name).Type.Name()]
		if next != nil && next.IsAbstractType() {
			kind := map[ast.DefinitionKind]string{ast.Interface: "Interface", ast.Union: "Union"}[next.Kind]
			c.failf(ErrKeyFieldsSelectInvalidType, "field %q is a %s type which is not allowed in @key", on+"."+field.Name, kind)
			return true
		}
		if next != nil && c.findAbstract(next.Name, field.SelectionSet) {
			return true
		}
	}
	return false
}

// check walks the set. below says that a field around it is external.
func (c *fieldSetCheck) check(set FieldSet, below bool) {
	for _, sel := range set {
		if len(sel.Directives) > 0 {
			names := make([]string, len(sel.Directives))
			for i, d := range sel.Directives {
				names[i] = "@" + d.Name
			}
			c.failf(c.rules.directive, "cannot have directive applications in the @%s(fields:) argument but found %s.",
				c.rules.name, strings.Join(names, ", "))
		}
		if sel.Field == nil {
			c.checkTypename(sel, below)
			c.check(sel.Selections, below)
			continue
		}
		c.checkField(sel, below)
	}
}

// checkTypename reports a __typename that any subgraph resolves itself.
func (c *fieldSetCheck) checkTypename(sel *FieldSelection, below bool) {
	if sel.Name != "" && !below && !c.rules.leavesMayBeInside {
		c.failf(c.rules.missingExternal, "field %q should not be part of a @%s since it is already provided by this subgraph (it is not marked @external)",
			sel.Parent+"."+sel.Name, c.rules.name)
	}
}

func (c *fieldSetCheck) checkField(sel *FieldSelection, below bool) {
	if !c.rules.arguments && len(sel.Field.Arguments) > 0 {
		c.failf(c.rules.hasArgs, "field %s cannot be included because it has arguments (fields with argument are not allowed in @%s)",
			sel.Parent+"."+sel.Name, c.rules.name)
	}
	external := c.IsExternal(sel.Field)
	if len(sel.Selections) > 0 {
		c.check(sel.Selections, below || external || c.selectsExternal(sel))
		return
	}
	if external || below || c.rules.leavesMayBeInside {
		return
	}
	coordinate := sel.Parent + "." + sel.Name
	if c.IsFakeExternal(sel.Field) {
		c.failf(c.rules.missingExternal, "field %q should not be part of a @%s since it is already \"effectively\" provided by this subgraph "+
			"(while it is marked @external, it is a @key field of an extension type, which are not internally considered external for "+
			"historical/backward compatibility reasons)", coordinate, c.rules.name)
		return
	}
	c.failf(c.rules.missingExternal, "field %q should not be part of a @%s since it is already provided by this subgraph (it is not marked @external)",
		coordinate, c.rules.name)
}
