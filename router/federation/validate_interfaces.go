package federation

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Normal prints a field set so that sets that differ only in order are equal.
func (fs FieldSet) Normal() string {
	parts := make([]string, len(fs))
	for i, sel := range fs {
		copied := *sel
		copied.Selections = nil
		parts[i] = copied.String()
		if len(sel.Selections) > 0 {
			parts[i] += " { " + sel.Selections.Normal() + " }"
		}
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " ")
}

// validateInterfaceKeys reports keys of an interface that an implementation lacks.
func (v *validator) validateInterfaceKeys() {
	for _, t := range v.UserTypes() {
		if t.Kind != ast.Interface {
			continue
		}
		if slices.ContainsFunc(v.PossibleTypes(t.Name), v.hasUnreadableKey) {
			continue // the key's own error says enough
		}
		for _, key := range v.Keys(t) {
			v.validateInterfaceKey(t, key)
		}
	}
}

// hasUnreadableKey reports whether a key of the named type is no field set at all.
func (v *validator) hasUnreadableKey(name string) bool {
	return slices.ContainsFunc(v.Applied(Key, v.Types[name].Directives), func(d *ast.Directive) bool {
		text, _ := StringArg(d, "fields")
		_, err := parseQuery("{" + text + "}")
		return err != nil
	})
}

func (v *validator) validateInterfaceKey(t *Type, key KeyOf) {
	var missing, unresolvable []string
	want := key.Fields.Normal()
	for _, name := range v.PossibleTypes(t.Name) {
		i := slices.IndexFunc(v.Keys(v.Types[name]), func(k KeyOf) bool { return k.Fields.Normal() == want })
		switch {
		case i < 0:
			missing = append(missing, `"`+name+`"`)
		case v.Keys(v.Types[name])[i].Resolvable != key.Resolvable:
			unresolvable = append(unresolvable, `"`+name+`"`)
		}
	}
	if len(missing) > 0 {
		v.fail(ErrInterfaceKeyNotOnImplementation, key.Directive.Position, "Key %s on interface type %q is missing on implementation type%s %s.",
			printKey(key), t.Name, plural(missing), joinAnd(missing))
	} else if len(unresolvable) > 0 {
		v.fail(ErrInterfaceKeyNotOnImplementation, key.Directive.Position,
			"Key %s on interface type %q should be %s on all implementation types, but is not on implementation type%s %s.",
			printKey(key), t.Name, resolvability(key), plural(unresolvable), joinAnd(unresolvable))
	}
}

func printKey(key KeyOf) string {
	return `@` + key.Directive.Name + `(fields: ` + PrintValue(key.Directive.Arguments.ForName("fields").Value) + `)`
}

func resolvability(key KeyOf) string {
	if key.Resolvable {
		return "resolvable=true"
	}
	return "resolvable=false"
}

func plural(items []string) string {
	if len(items) > 1 {
		return "s"
	}
	return ""
}

func joinAnd(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// validateInterfaceObjects reports @interfaceObject on types that are no entities.
func (v *validator) validateInterfaceObjects() {
	for _, t := range v.UserTypes() {
		for _, d := range v.Applied(InterfaceObject, t.Directives) {
			if !v.IsEntity(t) {
				v.fail(ErrInterfaceObjectUsageError, d.Position,
					"The @interfaceObject directive can only be applied to entity types but type %q has no @key in this subgraph.", t.Name)
			}
		}
	}
}
