package authz

import (
	"slices"
	"strings"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// Effect is what a decision, or one rule, comes to.
type Effect string

// The effects.
const (
	Denies      Effect = "deny"
	Allows      Effect = "allow"
	Depends     Effect = "conditional"
	SaysNothing Effect = "silent"
)

// Effect says what the decision comes to.
func (d Decision) Effect() Effect {
	switch d.effect {
	case allow:
		return Allows
	case conditional:
		return Depends
	default:
		return Denies
	}
}

// String shows the conditions of a decision to people; "" when there are none.
func (d Decision) String() string {
	texts := make([]string, len(d.where))
	for i, w := range d.where {
		texts[i] = w.condition.String()
	}
	return strings.Join(texts, " and ")
}

// Explanation says how a decision comes about.
type Explanation struct {
	Permission Permission
	// DecidedBy is the permission whose rules decided: another one where no policy speaks of Permission.
	DecidedBy Permission
	// Decision is what was decided.
	Decision Decision
	// Roles are the roles of the principal, and where each is from.
	Roles []HeldRole
	// Rulings are the rules that speak of the permission, role by role.
	Rulings []Ruling
}

// HeldRole is a role and where it is from: the credential, a binding of a ref, or a role that inherits it.
type HeldRole struct {
	Role string
	From []string
}

// Ruling is one rule that speaks of the permission.
type Ruling struct {
	Role string
	// Rule is the p line, or the condition.
	Rule   string
	Effect Effect
	// Decisive says that the decision is what it is because of this rule.
	Decisive bool
	// Condition is asked about rows; nil for a p line.
	Condition *Condition
}

// Explain says how the decision for a principal comes about, from the same rules.
func (a *Authorizer) Explain(p auth.Principal, permission Permission) (Explanation, error) {
	v := a.current.Load()
	place, ok := v.places[permission]
	if !ok {
		return Explanation{}, fault.Invalid("authz.Explain", "there is no permission %q", permission).WithCode("UNKNOWN_PERMISSION")
	}
	set := v.roleSetOf(p)
	decided, err := v.decide(set, place)
	if err != nil {
		return Explanation{}, fault.Internal("authz.Explain", err)
	}
	for v.catalogue[place].coveredBy != "" && !v.mentioned[place] {
		place = v.places[v.catalogue[place].coveredBy]
	}
	e := Explanation{
		Permission: permission, DecidedBy: v.catalogue[place].permission, Decision: decided.boundTo(p, a.now),
		Roles: v.heldRoles(p, set.roles),
	}
	for _, role := range set.roles {
		e.Rulings = append(e.Rulings, v.rulings(role, place)...)
	}
	markDecisive(e.Rulings)
	return e, nil
}

// heldRoles says where each role is from.
func (v *version) heldRoles(p auth.Principal, roles []string) []HeldRole {
	held := make([]HeldRole, len(roles))
	for i, role := range roles {
		held[i].Role = role
		if slices.Contains(p.Roles, role) {
			held[i].From = append(held[i].From, "the credential")
		}
		for _, claim := range p.Claims() {
			if slices.Contains(v.policies.bindings[claim], role) {
				held[i].From = append(held[i].From, "the binding of "+claim)
			}
		}
		for _, child := range roles {
			if slices.Contains(v.policies.parents[child], role) {
				held[i].From = append(held[i].From, child+", which inherits it")
			}
		}
	}
	return held
}

// rulings gives the rules of one role that speak of a permission.
func (v *version) rulings(role string, place int) (found []Ruling) {
	l := v.catalogue[place]
	rules := v.policies.rules[role]
	byName := l.resource == "" || named(rules, l.permission)
	condition, limited := v.policies.conditions[role][place]
	for _, r := range rules {
		object, action := l.resource, l.action
		if byName {
			object, action = string(l.permission), wildcard
		}
		if covered, _ := covers(r.object, r.action, object, action); covered != true {
			continue
		}
		effect := Allows
		switch {
		case r.effect == effectDeny:
			effect = Denies
		case limited:
			effect = SaysNothing // the condition takes its place
		}
		found = append(found, Ruling{
			Role: role, Rule: strings.Join([]string{"p", role, r.object, r.action, r.effect}, ", "), Effect: effect,
		})
	}
	if limited {
		found = append(found, Ruling{Role: role, Rule: condition.String(), Effect: Depends, Condition: &condition})
	}
	return found
}

// markDecisive follows the order of precedence of the package comment.
func markDecisive(rulings []Ruling) {
	for _, effect := range []Effect{Denies, Allows, Depends} {
		any := false
		for i := range rulings {
			if rulings[i].Effect == effect {
				rulings[i].Decisive, any = true, true
			}
		}
		if any {
			return
		}
	}
}
