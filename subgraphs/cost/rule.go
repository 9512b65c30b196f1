package cost

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// Rule attributes charges that carry a tag to entities. Without a property, the tag's value is the entity's name, or a
// whole reference; with one, the entity is the one whose property has the tag's value.
type Rule struct {
	Tag       string
	Kind      string // of the entity when the value is a name; "component" when empty
	Namespace string // likewise; "default" when empty
	Property  Property
}

// Property is a label or an annotation of an entity. The zero value is none.
type Property struct {
	In  PropertySet
	Key string
}

// PropertySet says where among an entity's metadata a property is.
type PropertySet string

// The sets of properties.
const (
	Label      PropertySet = "label"
	Annotation PropertySet = "annotation"
)

// Rules are tried in order; the first whose tag a charge carries decides.
type Rules []Rule

// DefaultRules attribute by the tag `component`, a component's name.
func DefaultRules() Rules { return Rules{{Tag: "component"}} }

// Attribution names the entity that a charge belongs to: by reference, or by the value of a property. The zero value
// attributes to nothing.
type Attribution struct {
	Ref      string
	Property Property
	Value    string
}

func (a Attribution) compare(b Attribution) int {
	return cmp.Or(cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Property.In, b.Property.In),
		cmp.Compare(a.Property.Key, b.Property.Key), cmp.Compare(a.Value, b.Value))
}

// Validate reports the first rule that can never match.
func (r Rules) Validate() error {
	for i, rule := range r {
		if rule.Tag == "" {
			return fmt.Errorf("cost rule %d has no tag: name the tag whose value leads to an entity", i+1)
		}
	}
	return nil
}

// entityRef is a reference in the portal's normal form: kind:namespace/name, lower case.
var entityRef = regexp.MustCompile(`^[a-z][a-z0-9]{0,62}:[a-z0-9-]{1,63}/[a-z0-9_.-]{1,63}$`) //nolint:gochecknoglobals // a compiled constant

// Attribute finds the entity that a charge with these tags belongs to.
func (r Rules) Attribute(tags Tags) Attribution {
	for _, rule := range r {
		value, ok := tags.Lookup(rule.Tag)
		if value = strings.TrimSpace(value); !ok || value == "" {
			continue
		}
		if rule.Property != (Property{}) {
			return Attribution{Property: rule.Property, Value: value}
		}
		return Attribution{Ref: rule.ref(value)}
	}
	return Attribution{}
}

// ref reads a tag's value as a name, as kind:name, or as kind:namespace/name. What is none of these names no entity.
func (r Rule) ref(value string) string {
	kind, namespace, name := cmp.Or(r.Kind, "component"), cmp.Or(r.Namespace, "default"), value
	if before, after, ok := strings.Cut(name, ":"); ok {
		kind, name = before, after
	}
	if before, after, ok := strings.Cut(name, "/"); ok {
		namespace, name = before, after
	}
	ref := strings.ToLower(kind + ":" + namespace + "/" + name)
	if !entityRef.MatchString(ref) {
		return ""
	}
	return ref
}
