package authz

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
	"github.com/maypok86/otter/v2"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// How much an authorizer remembers.
const (
	maxPrincipals = 20_000
	maxRoleSets   = 10_000
	maxEnforcers  = 1_000
)

// Authorizer decides. It is safe for concurrent use.
type Authorizer struct {
	now     func() time.Time
	current atomic.Pointer[version]
	number  atomic.Uint64
}

// version is one state of the policies with everything that was derived from it: replacing the policies forgets all
// of it at once.
type version struct {
	number     uint64
	replaced   chan struct{}
	policies   *Policies
	catalogue  []listing
	places     map[Permission]int
	mentioned  []bool
	principals *otter.Cache[string, *roleSet]
	roleSets   *otter.Cache[string, *roleSet]
	model      model.Model
	enforcers  *otter.Cache[string, *casbin.Enforcer]
}

// roleSet holds the decisions for all who have exactly these roles, by place in the catalogue.
type roleSet struct {
	roles     []string
	decisions []atomic.Pointer[roleDecision]
}

// roleDecision is a decision whose aliases do not yet stand for anybody.
type roleDecision struct {
	effect    effect
	condition *Condition
	// aboutCaller says that the condition is the same for every row: it is decided at once.
	aboutCaller bool
}

// New makes an authorizer for the policies.
func New(policies *Policies) *Authorizer { return NewAt(policies, time.Now) }

// NewAt is [New] with a clock, for conditions on the time of day.
func NewAt(policies *Policies, now func() time.Time) *Authorizer {
	a := &Authorizer{now: now}
	a.Replace(policies)
	return a
}

// Replace puts other policies in place. Decisions from then on follow them.
func (a *Authorizer) Replace(policies *Policies) {
	all := catalogue()
	v := &version{
		number:     a.number.Add(1),
		replaced:   make(chan struct{}),
		policies:   policies,
		catalogue:  all,
		places:     make(map[Permission]int, len(all)),
		mentioned:  policies.mentioned(all),
		principals: otter.Must(&otter.Options[string, *roleSet]{MaximumSize: maxPrincipals}),
		roleSets:   otter.Must(&otter.Options[string, *roleSet]{MaximumSize: maxRoleSets}),
		model:      casbinModel(),
		enforcers:  otter.Must(&otter.Options[string, *casbin.Enforcer]{MaximumSize: maxEnforcers}),
	}
	for i, l := range all {
		v.places[l.permission] = i
	}
	if before := a.current.Swap(v); before != nil {
		close(before.replaced)
	}
}

// Version counts how often the policies were replaced. Who keeps a decision asks again when it has changed.
func (a *Authorizer) Version() uint64 { return a.current.Load().number }

// Replaced gives a channel that is closed when the policies of now are replaced: who serves a subscription decides again
// then.
func (a *Authorizer) Replaced() <-chan struct{} { return a.current.Load().replaced }

// Decide says whether, and for which rows, the principal has the permission. Nobody is denied everything, and so is a
// credential whose scopes do not cover the permission. An error
// means that no decision could be made: treat it as a deny.
func (a *Authorizer) Decide(_ context.Context, p auth.Principal, permission Permission) (Decision, error) {
	if p.IsZero() || !p.Allows(string(permission)) {
		return Deny(), nil
	}
	v := a.current.Load()
	place, ok := v.places[permission]
	if !ok {
		return Deny(), fault.New(fault.KindInternal, "authz.Decide", "there is no permission %q", permission)
	}
	decided, err := v.decide(v.roleSetOf(p), place)
	if err != nil {
		return Deny(), fault.Internal("authz.Decide", err)
	}
	return decided.boundTo(p, a.now), nil
}

// DecideAll gives the decision that allows what each of the permissions allows.
func (a *Authorizer) DecideAll(ctx context.Context, p auth.Principal, permissions ...Permission) (Decision, error) {
	all := Allow()
	for _, permission := range permissions {
		d, err := a.Decide(ctx, p, permission)
		if err != nil {
			return Deny(), err
		}
		all = all.And(d)
	}
	return all, nil
}

// Permissions lists what the principal may do to anything at all, in the order of the catalogue.
func (a *Authorizer) Permissions(ctx context.Context, p auth.Principal) ([]Permission, error) {
	var held []Permission
	for _, l := range catalogue() {
		d, err := a.Decide(ctx, p, l.permission)
		if err != nil {
			return nil, err
		}
		if !d.Denied() {
			held = append(held, l.permission)
		}
	}
	return held, nil
}

// Roles lists the roles that the principal has: by its credential, by bindings of its own and of its groups, and by
// inheritance. They are sorted.
func (a *Authorizer) Roles(_ context.Context, p auth.Principal) []string {
	return slices.Clone(a.current.Load().roleSetOf(p).roles)
}

func (d *roleDecision) boundTo(p auth.Principal, now func() time.Time) Decision {
	switch d.effect {
	case allow:
		return Allow()
	case conditional:
		who := callerOf(p, now)
		if d.aboutCaller {
			if d.condition.matches(row{caller: who}) {
				return Allow()
			}
			return Deny()
		}
		return Decision{effect: conditional, where: []boundCondition{{d.condition, who}}}
	default:
		return Deny()
	}
}

func (v *version) roleSetOf(p auth.Principal) *roleSet {
	key := p.Key()
	if set, ok := v.principals.GetIfPresent(key); ok {
		return set
	}
	roles := slices.Concat(p.Roles, v.policies.bindings[p.Subject])
	for _, group := range p.Groups {
		roles = append(roles, v.policies.bindings[group]...)
	}
	roles = v.policies.closure(roles)
	name := strings.Join(roles, "\n")
	set, ok := v.roleSets.GetIfPresent(name)
	if !ok {
		set = &roleSet{roles: roles, decisions: make([]atomic.Pointer[roleDecision], len(v.catalogue))}
		v.roleSets.Set(name, set)
	}
	v.principals.Set(key, set)
	return set
}

func (v *version) decide(set *roleSet, place int) (*roleDecision, error) {
	if d := set.decisions[place].Load(); d != nil {
		return d, nil
	}
	d, err := v.compute(set, place)
	if err != nil {
		return nil, err
	}
	set.decisions[place].Store(d)
	return d, nil
}

// compute adds up what the roles grant; see the package comment for the order of precedence.
func (v *version) compute(set *roleSet, place int) (*roleDecision, error) {
	l := v.catalogue[place]
	if l.coveredBy != "" && !v.mentioned[place] {
		return v.decide(set, v.places[l.coveredBy])
	}
	everywhere := false
	var somewhere []Condition
	for _, role := range set.roles {
		said, err := v.verdictOf(role, l)
		if err != nil {
			return nil, err
		}
		condition, limited := v.policies.conditions[role][place]
		switch {
		case said == denies:
			return &roleDecision{effect: deny}, nil
		case limited:
			somewhere = append(somewhere, condition)
		case said == allows:
			everywhere = true
		}
	}
	return addUp(everywhere, somewhere), nil
}

func addUp(everywhere bool, somewhere []Condition) *roleDecision {
	switch {
	case everywhere:
		return &roleDecision{effect: allow}
	case len(somewhere) == 0:
		return &roleDecision{effect: deny}
	case len(somewhere) == 1:
		return &roleDecision{effect: conditional, condition: &somewhere[0], aboutCaller: somewhere[0].asksOnlyCaller()}
	default:
		either := Any(somewhere...)
		return &roleDecision{effect: conditional, condition: &either, aboutCaller: either.asksOnlyCaller()}
	}
}

func (v *version) verdictOf(role string, l listing) (verdict, error) {
	rules := v.policies.rules[role]
	if len(rules) == 0 {
		return silent, nil
	}
	enforcer, ok := v.enforcers.GetIfPresent(role)
	if !ok {
		var err error
		if enforcer, err = newEnforcer(v.model, rules); err != nil {
			return denies, err
		}
		v.enforcers.Set(role, enforcer)
	}
	return ask(enforcer, rules, l)
}
