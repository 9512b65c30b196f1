package portal

import (
	"context"
	"fmt"
	"strings"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
)

// AccessExplanation says why somebody may, or may not, do something.
type AccessExplanation struct {
	Permission, DecidedBy string
	Effect                AccessEffect
	// Allowed is nil where it depends on the thing and none was named.
	Allowed *bool
	Summary string
	Roles   []*HeldRole
	Rulings []*AccessRuling
}

// HeldRole is a role that somebody has.
type HeldRole struct {
	Role string
	From []string
}

// AccessRuling is one rule that speaks of a permission.
type AccessRuling struct {
	Role, Rule string
	// Effect is nil where a condition of the same role takes the rule's place.
	Effect *AccessEffect
	// Holds is nil where there is no condition, or no thing to ask it about.
	Holds    *bool
	Decisive bool
}

// Question is what is to be explained.
type Question struct {
	Permission string
	// Resource is the ref of an entity, or of the user who started a task; nil for none.
	Resource *string
	User     string
	// Roles are what the user's credential would carry.
	Roles []string
}

// MaxAskedRoles is how many roles a question names at most.
const MaxAskedRoles = 100

// Explain answers a question, from the policies of now and the user's groups in the catalog. An entity that the one who
// asks may not see is not found.
func (a *Administration) Explain(ctx context.Context, q Question) (*AccessExplanation, error) {
	const op = "portal.Explain"
	asking, err := a.admit(ctx, op, authz.PolicyEntityRead)
	if err != nil {
		return nil, err
	}
	if len(q.Roles) > MaxAskedRoles {
		return nil, fault.Invalid(op, "at most %d roles may be named", MaxAskedRoles).WithCode("TOO_MANY_ROLES")
	}
	groups, err := a.people.GroupsOf(ctx, q.User)
	if err != nil {
		return nil, err
	}
	user := auth.NewPrincipal(auth.Principal{Subject: q.User, Groups: groups, Roles: q.Roles})
	found, err := a.access.Explain(user, authz.Permission(q.Permission))
	if err != nil {
		return nil, err
	}
	thing, err := a.thing(ctx, asking, q)
	if err != nil {
		return nil, err
	}
	return explanation(user, found, thing), nil
}

// thing is what conditions are asked about.
type thing struct {
	entity    *entityindex.Entity
	startedBy string
}

func (t *thing) meets(d authz.Decision) bool {
	if t.entity != nil {
		return d.Matches(*t.entity)
	}
	return d.MatchesTask(t.startedBy)
}

// thing finds what the question is about; nil when it names nothing.
func (a *Administration) thing(ctx context.Context, asking auth.Principal, q Question) (*thing, error) {
	if q.Resource == nil {
		return nil, nil
	}
	if strings.HasPrefix(q.Permission, "scaffolder.task.") {
		return &thing{startedBy: *q.Resource}, nil
	}
	visible, err := a.access.Decide(ctx, asking, authz.CatalogEntityRead)
	if err != nil {
		return nil, err
	}
	entities, err := a.people.ByRef(ctx, visible, []string{*q.Resource})
	if err != nil {
		return nil, err
	}
	entity, ok := entities[*q.Resource]
	if !ok {
		return nil, fault.NotFound("portal.Explain", "there is no entity %s", *q.Resource).WithCode("ENTITY_NOT_FOUND")
	}
	return &thing{entity: &entity}, nil
}

func explanation(user auth.Principal, found authz.Explanation, about *thing) *AccessExplanation {
	e := &AccessExplanation{
		Permission: string(found.Permission), DecidedBy: string(found.DecidedBy), Effect: effectOf(found.Decision.Effect()),
		Roles: []*HeldRole{}, Rulings: []*AccessRuling{},
	}
	for _, role := range found.Roles {
		e.Roles = append(e.Roles, &HeldRole{Role: role.Role, From: nonNil(role.From)})
	}
	for _, r := range found.Rulings {
		ruling := &AccessRuling{Role: r.Role, Rule: r.Rule, Decisive: r.Decisive}
		if r.Effect != authz.SaysNothing {
			effect := effectOf(r.Effect)
			ruling.Effect = &effect
		}
		if r.Condition != nil && about != nil {
			holds := about.meets(authz.WhereFor(*r.Condition, user, nil))
			ruling.Holds = &holds
		}
		e.Rulings = append(e.Rulings, ruling)
	}
	if about != nil || !found.Decision.Conditional() {
		allowed := found.Decision.Allowed() || (about != nil && about.meets(found.Decision))
		e.Allowed = &allowed
	}
	e.keepDecisive()
	e.Summary = e.summary(user)
	return e
}

// keepDecisive narrows conditional rules down to those that hold, where some do.
func (e *AccessExplanation) keepDecisive() {
	if e.Effect != effectOf(authz.Depends) || e.Allowed == nil || !*e.Allowed {
		return
	}
	for _, r := range e.Rulings {
		r.Decisive = r.Decisive && r.Holds != nil && *r.Holds
	}
}

func (e *AccessExplanation) summary(user auth.Principal) string {
	var because []string
	for _, r := range e.Rulings {
		if r.Decisive {
			because = append(because, r.Rule)
		}
	}
	reason := strings.Join(because, "; ")
	switch {
	case len(e.Roles) == 0:
		return fmt.Sprintf("%s may not: they have no role.", user.Subject)
	case len(because) == 0:
		return fmt.Sprintf("%s may not: no rule of their roles speaks of %s.", user.Subject, e.DecidedBy)
	case e.Allowed == nil:
		return fmt.Sprintf("%s may where this holds: %s.", user.Subject, reason)
	case *e.Allowed:
		return fmt.Sprintf("%s may: %s.", user.Subject, reason)
	case e.Effect == effectOf(authz.Depends):
		return fmt.Sprintf("%s may not: this does not hold: %s.", user.Subject, reason)
	default:
		return fmt.Sprintf("%s may not: %s.", user.Subject, reason)
	}
}
