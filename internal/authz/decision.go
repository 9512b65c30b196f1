package authz

import (
	"regexp"
	"strings"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// CodeForbidden is the stable code of the fault that [Decision.Require] gives.
const CodeForbidden = "FORBIDDEN"

// Decision is the answer for one principal: allow, deny, or allow where conditions hold. It is an
// [entityindex.Predicate]. The zero value denies.
type Decision struct {
	effect effect
	where  []boundCondition
}

// boundCondition is a condition together with who is asking.
type boundCondition struct {
	condition *Condition
	caller    caller
}

type effect uint8

const (
	deny effect = iota
	allow
	conditional
)

// Allow is the decision that allows everything: for the portal's own work.
func Allow() Decision { return Decision{effect: allow} }

// Deny is the decision that allows nothing.
func Deny() Decision { return Decision{} }

// Where is the decision that allows where the condition holds. The claims are what the aliases stand for: the
// subject's ref, then its groups'.
func Where(condition Condition, claims ...string) Decision {
	return Decision{effect: conditional, where: []boundCondition{{&condition, caller{claims: claims}}}}
}

// WhereFor is the decision that allows where the condition holds for the principal at the time that the clock tells. A
// nil clock is [time.Now].
func WhereFor(condition Condition, p auth.Principal, now func() time.Time) Decision {
	return Decision{effect: conditional, where: []boundCondition{{&condition, callerOf(p, now)}}}
}

// Allowed reports whether everything is allowed.
func (d Decision) Allowed() bool { return d.effect == allow }

// Denied reports whether nothing is allowed.
func (d Decision) Denied() bool { return d.effect == deny }

// Conditional reports whether it depends on the row.
func (d Decision) Conditional() bool { return d.effect == conditional }

// Require gives a forbidden fault with code FORBIDDEN when nothing is allowed. A conditional decision passes: ask
// [Decision.Matches] about the row.
func (d Decision) Require(op string) error {
	if d.Denied() {
		return fault.Forbidden(op, "you may not do this").WithCode(CodeForbidden)
	}
	return nil
}

// And gives the decision that allows what both allow.
func (d Decision) And(other Decision) Decision {
	if d.Denied() || other.Denied() {
		return Deny()
	}
	where := append(append([]boundCondition{}, d.where...), other.where...)
	if len(where) == 0 {
		return Allow()
	}
	return Decision{effect: conditional, where: where}
}

var aliasName = regexp.MustCompile(`^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$`)

// SQL gives a boolean expression, never NULL, over the columns of the table or alias, and binds its parameters. Every
// value is a bound parameter. It panics on an alias that is not a plain identifier: such an alias is a mistake in the
// program.
func (d Decision) SQL(alias string, args *Args) string {
	if !aliasName.MatchString(alias) {
		panic("authz: the alias is not a plain identifier: " + alias)
	}
	switch d.effect {
	case allow:
		return "TRUE"
	case conditional:
		parts := make([]string, len(d.where))
		for i, w := range d.where {
			parts[i] = w.condition.sql(rowSQL{alias: alias, args: args, caller: w.caller})
		}
		return "(" + strings.Join(parts, " AND ") + ")"
	default:
		return "FALSE"
	}
}

// Matches gives the answer for one entity.
func (d Decision) Matches(e Entity) bool { return d.holds(row{entity: &e}) }

// MatchesTask gives the answer for a task that createdBy started.
func (d Decision) MatchesTask(createdBy string) bool {
	return d.holds(row{entity: &Entity{}, createdBy: createdBy})
}

func (d Decision) holds(r row) bool {
	if d.effect != conditional {
		return d.effect == allow
	}
	for _, w := range d.where {
		r.caller = w.caller
		if !w.condition.matches(r) {
			return false
		}
	}
	return true
}
