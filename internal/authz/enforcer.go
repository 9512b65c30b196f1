package authz

import (
	"fmt"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

// verdict is what the rules of one role say about one permission.
type verdict uint8

const (
	silent verdict = iota
	allows
	denies
)

// casbinModel lets a deny win over an allow. The subject is not part of a request: an enforcer has one role's rules. The
// matcher is one call, since Casbin compiles it anew for each enforcer.
func casbinModel() model.Model {
	m := model.NewModel()
	m.AddDef("r", "r", "obj, act")
	m.AddDef("p", "p", "obj, act, eft")
	m.AddDef("e", "e", "some(where (p.eft == allow)) && !some(where (p.eft == deny))")
	m.AddDef("m", "m", "covers(p.obj, p.act, r.obj, r.act)")
	return m
}

// covers is the matcher: a rule covers a request for its object and action; each side may leave the action open.
func covers(args ...any) (any, error) {
	if len(args) != 4 {
		return false, fmt.Errorf("covers takes four arguments, not %d", len(args))
	}
	text := func(i int) string { s, _ := args[i].(string); return s }
	object := text(0) == text(2) || text(0) == wildcard
	action := text(1) == text(3) || text(1) == wildcard || text(3) == wildcard
	return object && action, nil
}

// newEnforcer makes the enforcer of one role from a copy of the model.
func newEnforcer(template model.Model, rules []policyRule) (*casbin.Enforcer, error) {
	m := template.Copy()
	for _, r := range rules {
		if err := m.AddPolicy("p", "p", []string{r.object, r.action, r.effect}); err != nil {
			return nil, fmt.Errorf("add a rule: %w", err)
		}
	}
	enforcer, err := casbin.NewEnforcer(m, false)
	if err != nil {
		return nil, fmt.Errorf("make an enforcer: %w", err)
	}
	enforcer.AddFunction("covers", covers)
	return enforcer, nil
}

// ask gives the verdict of a role's rules. Rules by the permission's name go before rules by resource type; by name,
// the action is not asked for, since the name implies it.
func ask(enforcer *casbin.Enforcer, rules []policyRule, l listing) (verdict, error) {
	object, action := l.resource, l.action
	if object == "" || named(rules, l.permission) {
		object, action = string(l.permission), wildcard
	}
	ok, why, err := enforcer.EnforceEx(object, action)
	switch {
	case err != nil:
		return denies, fmt.Errorf("ask casbin: %w", err)
	case ok:
		return allows, nil
	case len(why) > 0:
		return denies, nil
	default:
		return silent, nil
	}
}

func named(rules []policyRule, p Permission) bool {
	for _, r := range rules {
		if r.object == string(p) {
			return true
		}
	}
	return false
}
