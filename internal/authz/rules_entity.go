package authz

import (
	"encoding/json"
	"slices"
	"strings"
)

// The aliases that stand for the caller in the values of a rule.
const (
	// CurrentUser stands for the ref of the caller.
	CurrentUser = "$currentUser"
	// OwnerRefs stands for the refs of the caller and of the caller's groups.
	OwnerRefs = "$ownerRefs"
	// UserAttribute, with the name of an attribute behind it, stands for that attribute of the caller: $user.department.
	// For a caller without it, the value equals nothing.
	UserAttribute = "$user."
)

// IsEntityOwner holds when one of the claims owns the entity. Claims are refs or aliases.
func IsEntityOwner(claims ...string) Condition {
	return Condition{rule: ownerRule{claims: lowerRefs(claims)}}
}

// IsEntityKind holds when the entity is of one of the kinds, in whatever letter case.
func IsEntityKind(kinds ...string) Condition {
	return Condition{rule: kindRule{kinds: mapped(kinds, lowerASCII)}}
}

// HasAnnotation holds when the entity has the annotation, with the value if one is given.
func HasAnnotation(annotation string, value *string) Condition {
	return Condition{rule: pairRule{column: "annotations", key: annotation, value: value}}
}

// HasLabel holds when the entity has the label, with the value if one is given.
func HasLabel(label string, value *string) Condition {
	return Condition{rule: pairRule{column: "labels", key: label, value: value}}
}

// InNamespace holds when the entity is in one of the namespaces.
func InNamespace(namespaces ...string) Condition {
	return Condition{rule: textRule{column: "namespace", values: clone(namespaces)}}
}

// HasLifecycle holds when the entity has one of the lifecycles.
func HasLifecycle(lifecycles ...string) Condition {
	return Condition{rule: textRule{column: "lifecycle", values: clone(lifecycles)}}
}

// HasType holds when the entity is of one of the types.
func HasType(types ...string) Condition {
	return Condition{rule: textRule{column: "type", values: clone(types)}}
}

// HasTag holds when the entity has one of the tags.
func HasTag(tags ...string) Condition { return Condition{rule: tagRule{tags: clone(tags)}} }

// ownerRule is IS_ENTITY_OWNER.
type ownerRule struct{ claims []string }

func (r ownerRule) sql(row rowSQL) string {
	return row.column("owners") + " && " + row.bind(expand(r.claims, row.caller), "text[]")
}

func (r ownerRule) matches(row row) bool {
	return overlaps(row.entity.Owners, expand(r.claims, row.caller))
}

// kindRule is IS_ENTITY_KIND.
type kindRule struct{ kinds []string }

func (r kindRule) sql(row rowSQL) string {
	return `lower(` + row.column("kind") + ` COLLATE "C") = ANY (` + row.bind(r.kinds, "text[]") + `)`
}

func (r kindRule) matches(row row) bool {
	return slices.Contains(r.kinds, lowerASCII(row.entity.Kind))
}

// pairRule is HAS_ANNOTATION and HAS_LABEL: a key of a JSON object of texts, with or without its value.
type pairRule struct {
	column string
	key    string
	value  *string
}

func (r pairRule) sql(row rowSQL) string {
	if r.value == nil {
		return row.column(r.column) + " ? " + row.bind(r.key, "text")
	}
	value, known := expandOne(*r.value, row.caller)
	if !known {
		return "FALSE"
	}
	return row.column(r.column) + " @> " + row.bind(jsonText(map[string]string{r.key: value}), "jsonb")
}

func (r pairRule) matches(row row) bool {
	pairs := row.entity.Labels
	if r.column == "annotations" {
		pairs = row.entity.Annotations
	}
	found, ok := pairs[r.key]
	if !ok || r.value == nil {
		return ok
	}
	value, known := expandOne(*r.value, row.caller)
	return known && found == value
}

// textRule compares a column of text with some values.
type textRule struct {
	column string
	values []string
}

func (r textRule) sql(row rowSQL) string {
	return "coalesce(" + row.column(r.column) + " = ANY (" + row.bind(expand(r.values, row.caller), "text[]") + "), FALSE)"
}

func (r textRule) matches(row row) bool {
	return slices.Contains(expand(r.values, row.caller), textOf(row.entity, r.column))
}

// presentRule holds when a column of text is not empty.
type presentRule struct{ column string }

func (r presentRule) sql(row rowSQL) string {
	return "coalesce(" + row.column(r.column) + ", '') <> ''"
}

func (r presentRule) matches(row row) bool { return textOf(row.entity, r.column) != "" }

func textOf(e *Entity, column string) string {
	switch column {
	case "id":
		return e.ID
	case "name":
		return e.Name
	case "namespace":
		return e.Namespace
	case "title":
		return e.Title
	case "lifecycle":
		return e.Lifecycle
	case "type":
		return e.Type
	default:
		panic("authz: no rule reads the column " + column)
	}
}

// tagRule is HAS_TAG; without tags it holds when the entity has any.
type tagRule struct{ tags []string }

func (r tagRule) sql(row rowSQL) string {
	if r.tags == nil {
		return "cardinality(" + row.column("tags") + ") > 0"
	}
	return row.column("tags") + " && " + row.bind(expand(r.tags, row.caller), "text[]")
}

func (r tagRule) matches(row row) bool {
	if r.tags == nil {
		return len(row.entity.Tags) > 0
	}
	return overlaps(row.entity.Tags, expand(r.tags, row.caller))
}

// expand puts the caller's refs and attributes where the aliases stand. An attribute that the caller lacks is nothing.
func expand(values []string, c caller) []string {
	out := make([]string, 0, len(values)+len(c.claims))
	for _, v := range values {
		if v == OwnerRefs {
			out = append(out, c.claims...)
		} else if one, known := expandOne(v, c); known {
			out = append(out, one)
		}
	}
	return out
}

// expandOne puts the caller's ref or attribute where the alias for it stands, and reports whether there is one; a single
// value cannot be several refs.
func expandOne(value string, c caller) (string, bool) {
	if value == CurrentUser {
		if len(c.claims) == 0 {
			return "", false
		}
		return c.claims[0], true
	}
	if name, ok := strings.CutPrefix(value, UserAttribute); ok {
		attribute, known := c.attributes[name]
		return attribute, known
	}
	return value, true
}

func overlaps(a, b []string) bool {
	return slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) })
}

// lowerRefs brings refs into lower case and leaves the aliases alone.
func lowerRefs(refs []string) []string {
	return mapped(refs, func(ref string) string {
		if strings.HasPrefix(ref, "$") {
			return ref
		}
		return strings.ToLower(ref)
	})
}

// lowerASCII folds the letters A to Z and no others, as lower() does under the collation "C".
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + ('a' - 'A')
		}
		return r
	}, s)
}

func mapped(values []string, f func(string) string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = f(v)
	}
	return out
}

func clone(values []string) []string { return append([]string{}, values...) }

func jsonText(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("authz: texts always marshal: " + err.Error())
	}
	return string(raw)
}
