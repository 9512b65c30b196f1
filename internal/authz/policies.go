package authz

import (
	"fmt"
	"maps"
	"slices"
)

// Policies are what was read from policy files and settings: rules, conditions, inheritance and bindings. They are
// immutable once an [Authorizer] has them.
type Policies struct {
	// rules are the p lines, by role, in the order in which they were read.
	rules map[string][]policyRule
	// conditions are the conditional policies, by role and place in the catalogue.
	conditions map[string]map[int]Condition
	// parents are the roles that a role inherits from.
	parents map[string][]string
	// bindings are the roles of a user or group.
	bindings map[string][]string
}

// policyRule is one p line: a permission's name or a resource type, an action, and allow or deny.
type policyRule struct {
	object string
	action string
	effect string
}

const (
	effectAllow = "allow"
	effectDeny  = "deny"
	wildcard    = "*"
)

// Binding gives a role to a user or a group.
type Binding struct {
	// Member is the ref of a user or group.
	Member string
	// Role is a ref such as role:default/viewer, or a short name such as viewer.
	Role string
}

func newPolicies() *Policies {
	return &Policies{
		rules:      map[string][]policyRule{},
		conditions: map[string]map[int]Condition{},
		parents:    map[string][]string{},
		bindings:   map[string][]string{},
	}
}

// Bind adds bindings to a copy of the policies.
func (p *Policies) Bind(bindings ...Binding) (*Policies, error) {
	bound := *p
	bound.bindings = maps.Clone(p.bindings)
	for _, b := range bindings {
		member, err := memberRef(b.Member)
		if err != nil {
			return nil, err
		}
		role, err := roleRef(b.Role)
		if err != nil {
			return nil, err
		}
		bound.bindings[member] = append(slices.Clone(bound.bindings[member]), role)
	}
	return &bound, nil
}

// Roles lists every role that a rule, condition, inheritance or binding names, sorted.
func (p *Policies) Roles() []string {
	names := map[string]bool{}
	for role := range p.rules {
		names[role] = true
	}
	for role := range p.conditions {
		names[role] = true
	}
	for role, parents := range p.parents {
		names[role] = true
		for _, parent := range parents {
			names[parent] = true
		}
	}
	for _, roles := range p.bindings {
		for _, role := range roles {
			names[role] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// bind adds a binding in place: for the readers of files.
func (p *Policies) bind(member, role string) { p.bindings[member] = append(p.bindings[member], role) }

// addCondition adds a condition; several for one role and permission add up.
func (p *Policies) addCondition(role string, permission int, c Condition) {
	if p.conditions[role] == nil {
		p.conditions[role] = map[int]Condition{}
	}
	if before, ok := p.conditions[role][permission]; ok {
		c = Any(before, c)
	}
	p.conditions[role][permission] = c
}

// closure gives the roles and all that they inherit from, sorted.
func (p *Policies) closure(roles []string) []string {
	seen := map[string]bool{}
	waiting := slices.Clone(roles)
	for len(waiting) > 0 {
		role := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if !seen[role] {
			seen[role] = true
			waiting = append(waiting, p.parents[role]...)
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// checkInheritance refuses a role that inherits from itself.
func (p *Policies) checkInheritance() error {
	const visiting, done = 1, 2
	state := map[string]int{}
	var visit func(role string) error
	visit = func(role string) error {
		switch state[role] {
		case visiting:
			return fmt.Errorf("the role %q inherits from itself", role)
		case done:
			return nil
		}
		state[role] = visiting
		for _, parent := range p.parents[role] {
			if err := visit(parent); err != nil {
				return err
			}
		}
		state[role] = done
		return nil
	}
	for _, role := range slices.Sorted(maps.Keys(p.parents)) {
		if err := visit(role); err != nil {
			return err
		}
	}
	return nil
}

// mentioned says which permissions a rule or condition speaks of, so that nothing stands in for them.
func (p *Policies) mentioned(all []listing) []bool {
	out := make([]bool, len(all))
	for _, rules := range p.rules {
		for _, r := range rules {
			for i, l := range all {
				out[i] = out[i] || r.object == string(l.permission) || (r.object == l.resource && r.action == l.action)
			}
		}
	}
	for _, conditions := range p.conditions {
		for i := range conditions {
			out[i] = true
		}
	}
	return out
}
