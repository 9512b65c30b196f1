package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// rule is a condition of a random policy: its rule with parameters, or several of them.
type rule struct {
	name     string
	params   map[string]any
	all, any []rule
	not      *rule
}

// grant is what a role says of one permission.
type grant int

const (
	nothing grant = iota
	allowed
	denied
	conditional
)

// readable are the resource types whose reading the random policies decide.
func readable() []string {
	return []string{"catalog-entity", "docs-site", "cost-record", "kubernetes-resource", "scaffolder-template"}
}

// role is a random role.
type role struct {
	name       string
	grants     map[string]grant
	conditions map[string]rule
	inherits   *role
	user       string
	claims     []string // the user and the user's groups
	client     client
}

// drawRoles draws roles; each may inherit from one before it.
func drawRoles(r *rand.Rand, n int, things []*thing) []*role {
	var roles []*role
	for i := range n {
		o := &role{name: fmt.Sprintf("drawn-%d", i), grants: map[string]grant{}, conditions: map[string]rule{}}
		for _, resource := range readable() {
			switch r.IntN(10) {
			case 0:
				o.grants[resource] = nothing
			case 1:
				o.grants[resource] = denied
			case 2, 3:
				o.grants[resource] = allowed
			default:
				o.grants[resource] = conditional
				o.conditions[resource] = drawRule(r, 2, things)
			}
		}
		if o.grants["catalog-entity"] == nothing || o.grants["catalog-entity"] == denied && r.IntN(3) > 0 {
			o.grants["catalog-entity"], o.conditions["catalog-entity"] = conditional, drawRule(r, 2, things)
		}
		if i > 0 && r.IntN(4) == 0 {
			o.inherits = roles[r.IntN(i)]
		}
		roles = append(roles, o)
	}
	return roles
}

func drawRule(r *rand.Rand, depth int, things []*thing) rule {
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return rule{all: []rule{drawRule(r, depth-1, things), drawRule(r, depth-1, things)}}
		case 1:
			return rule{any: []rule{drawRule(r, depth-1, things), drawRule(r, depth-1, things)}}
		case 2, 3:
			not := drawRule(r, depth-1, things)
			return rule{not: &not}
		}
	}
	e := things[r.IntN(len(things))] // the rule holds for one entity at least, where that has what it asks about
	switch r.IntN(8) {
	case 0:
		if len(e.Owners) > 0 {
			return rule{name: "IS_ENTITY_OWNER", params: map[string]any{"claims": []string{e.Owners[0].Ref}}}
		}
		return rule{name: "IS_ENTITY_OWNER", params: map[string]any{"claims": []string{"$ownerRefs"}}}
	case 1:
		if len(e.Labels) > 0 {
			return rule{name: "HAS_LABEL", params: map[string]any{"label": e.Labels[0].Key, "value": e.Labels[0].Value}}
		}
	case 2:
		if len(e.Annotations) > 0 {
			a := e.Annotations[r.IntN(len(e.Annotations))]
			return rule{name: "HAS_ANNOTATION", params: map[string]any{"annotation": a.Key, "value": a.Value}}
		}
	case 3:
		if len(e.Tags) > 0 {
			return rule{name: "HAS_TAG", params: map[string]any{"tags": e.Tags}}
		}
	case 4:
		if lifecycle, ok := e.Spec["lifecycle"].(string); ok {
			return rule{name: "HAS_LIFECYCLE", params: map[string]any{"lifecycles": []string{lifecycle}}}
		}
	case 5:
		if typ, ok := e.Spec["type"].(string); ok {
			return rule{name: "HAS_TYPE", params: map[string]any{"types": []string{typ}}}
		}
	case 6:
		return rule{name: "IS_IN_NAMESPACE", params: map[string]any{"namespaces": []string{e.Namespace}}}
	}
	return rule{name: "IS_ENTITY_KIND", params: map[string]any{"kinds": []string{e.Kind, things[r.IntN(len(things))].Kind}}}
}

// holds decides a rule about an entity for somebody with these claims, by itself.
func (c rule) holds(e *thing, claims []string) bool {
	list := func(name string) []string {
		values, _ := c.params[name].([]string)
		if slices.Contains(values, "$ownerRefs") {
			return claims
		}
		return values
	}
	pair := func(pairs []struct{ Key, Value string }, name string) bool {
		return slices.ContainsFunc(pairs, func(p struct{ Key, Value string }) bool {
			return p.Key == c.params[name] && p.Value == c.params["value"]
		})
	}
	switch {
	case c.all != nil:
		return !slices.ContainsFunc(c.all, func(x rule) bool { return !x.holds(e, claims) })
	case c.any != nil:
		return slices.ContainsFunc(c.any, func(x rule) bool { return x.holds(e, claims) })
	case c.not != nil:
		return !c.not.holds(e, claims)
	}
	switch c.name {
	case "IS_ENTITY_OWNER":
		return slices.ContainsFunc(e.Owners, func(o struct{ Ref string }) bool { return slices.Contains(list("claims"), o.Ref) })
	case "HAS_LABEL":
		return pair(e.Labels, "label")
	case "HAS_ANNOTATION":
		return pair(e.Annotations, "annotation")
	case "HAS_TAG":
		return slices.ContainsFunc(e.Tags, func(tag string) bool { return slices.Contains(list("tags"), tag) })
	case "HAS_LIFECYCLE":
		lifecycle, _ := e.Spec["lifecycle"].(string)
		return slices.Contains(list("lifecycles"), lifecycle)
	case "HAS_TYPE":
		typ, _ := e.Spec["type"].(string)
		return slices.Contains(list("types"), typ)
	case "IS_IN_NAMESPACE":
		return slices.Contains(list("namespaces"), e.Namespace)
	default:
		return slices.Contains(list("kinds"), e.Kind)
	}
}

// may decides whether the role reads a resource of an entity: what is inherited adds up, and denial wins.
func (o *role) may(resource string, e *thing) bool {
	may := false
	for at := o; at != nil; at = at.inherits {
		switch at.grants[resource] {
		case denied:
			return false
		case allowed:
			may = true
		case conditional:
			may = may || at.conditions[resource].holds(e, o.claims)
		}
	}
	return may
}

// sees says that the role may know of something that hangs on an entity, or of the entity itself.
func (o *role) sees(resource string, e *thing) bool {
	return o.may("catalog-entity", e) && (resource == "catalog-entity" || o.may(resource, e))
}

// document is the rule as conditional policies have it.
func (c rule) document(resource string) map[string]any {
	several := func(list []rule) []any {
		var out []any
		for _, x := range list {
			out = append(out, x.document(resource))
		}
		return out
	}
	switch {
	case c.all != nil:
		return map[string]any{"allOf": several(c.all)}
	case c.any != nil:
		return map[string]any{"anyOf": several(c.any)}
	case c.not != nil:
		return map[string]any{"not": c.not.document(resource)}
	}
	return map[string]any{"rule": c.name, "resourceType": resource, "params": c.params}
}

// policies are the roles as rules and conditional policies have them.
func policies(t *testing.T, roles []*role) (rules, conditions string) {
	t.Helper()
	var lines, documents strings.Builder
	for _, resource := range readable() {
		fmt.Fprintf(&lines, "p, role:default/admin, %s, read, allow\n", resource)
	}
	for _, o := range roles {
		for _, permission := range []string{"catalog.location.read", "kubernetes.clusters.read", "scaffolder.task.read"} {
			fmt.Fprintf(&lines, "p, role:default/%s, %s, read, allow\n", o.name, permission)
		}
		if o.inherits != nil {
			fmt.Fprintf(&lines, "g, role:default/%s, role:default/%s\n", o.name, o.inherits.name)
		}
		for _, resource := range readable() {
			switch o.grants[resource] {
			case allowed:
				fmt.Fprintf(&lines, "p, role:default/%s, %s, read, allow\n", o.name, resource)
			case denied:
				fmt.Fprintf(&lines, "p, role:default/%s, %s, read, deny\n", o.name, resource)
			case conditional:
				text, err := yaml.Marshal(map[string]any{
					"result": "CONDITIONAL", "roleEntityRef": "role:default/" + o.name, "pluginId": "catalog", "resourceType": resource,
					"permissionMapping": []string{"read"}, "conditions": o.conditions[resource].document(resource),
				})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&documents, "---\n%s", text)
			}
		}
	}
	return lines.String(), documents.String()
}
