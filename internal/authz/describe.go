package authz

import (
	"fmt"
	"strings"
	"time"
)

// String shows a condition to people, with the names that policies use.
func (c Condition) String() string {
	switch {
	case c.all != nil:
		return "allOf(" + describeAll(c.all) + ")"
	case c.any != nil:
		return "anyOf(" + describeAll(c.any) + ")"
	case c.not != nil:
		return "not(" + c.not.String() + ")"
	case c.rule != nil:
		return c.rule.describe()
	default:
		return "never"
	}
}

func describeAll(conditions []Condition) string {
	texts := make([]string, len(conditions))
	for i, c := range conditions {
		texts[i] = c.String()
	}
	return strings.Join(texts, ", ")
}

func described(rule, name string, values ...string) string {
	return fmt.Sprintf("%s %s=[%s]", rule, name, strings.Join(values, ", "))
}

func withValue(rule, name, key string, value *string) string {
	text := fmt.Sprintf("%s %s=%s", rule, name, key)
	if value != nil {
		text += fmt.Sprintf(" value=%q", *value)
	}
	return text
}

func (r ownerRule) describe() string { return described("IS_ENTITY_OWNER", "claims", r.claims...) }
func (r kindRule) describe() string  { return described("IS_ENTITY_KIND", "kinds", r.kinds...) }
func (r taskRule) describe() string  { return described("IS_TASK_OWNER", "createdBy", r.createdBy...) }

func (r pairRule) describe() string {
	if r.column == "annotations" {
		return withValue("HAS_ANNOTATION", "annotation", r.key, r.value)
	}
	return withValue("HAS_LABEL", "label", r.key, r.value)
}

func (r textRule) describe() string {
	switch r.column {
	case "namespace":
		return described("IS_IN_NAMESPACE", "namespaces", r.values...)
	case "lifecycle":
		return described("HAS_LIFECYCLE", "lifecycles", r.values...)
	case "type":
		return described("HAS_TYPE", "types", r.values...)
	default:
		return described("HAS_METADATA key="+r.column, "value", r.values...)
	}
}

func (r presentRule) describe() string { return "HAS_METADATA key=" + r.column }

func (r tagRule) describe() string {
	if r.tags == nil {
		return "HAS_METADATA key=tags"
	}
	return described("HAS_TAG", "tags", r.tags...)
}

func (r specRule) describe() string {
	return withValue("HAS_SPEC", "key", strings.Join(r.path, "."), r.value)
}

func (r attributeRule) describe() string {
	if len(r.values) == 0 {
		return "USER_HAS_ATTRIBUTE attribute=" + r.name
	}
	return described("USER_HAS_ATTRIBUTE attribute="+r.name, "values", r.values...)
}

func (r networkRule) describe() string {
	texts := make([]string, len(r.networks))
	for i, n := range r.networks {
		texts[i] = n.String()
	}
	return described("IS_FROM_NETWORK", "networks", texts...)
}

func (r timeRule) describe() string {
	clock := func(d time.Duration) string { return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60) }
	text := fmt.Sprintf("IS_TIME_OF_DAY from=%s to=%s zone=%s", clock(r.from), clock(r.until), r.zone)
	if len(r.days) == 0 {
		return text
	}
	days := make([]string, len(r.days))
	for i, d := range r.days {
		days[i] = d.String()
	}
	return text + " days=[" + strings.Join(days, ", ") + "]"
}
