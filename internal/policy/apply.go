package policy

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/fault"
)

// Effect is what a change does to what one person may do.
type Effect struct {
	// User is the person's ref.
	User       string
	Permission authz.Permission
	// Before and After are what is decided; where both are conditional, the conditions differ.
	Before, After authz.Decision
}

// Gains reports whether the person can do more than before; where only conditions change it is neither gain nor loss.
func (e Effect) Gains() bool { return rank(e.After) > rank(e.Before) }

// Loses reports whether the person can do less than before.
func (e Effect) Loses() bool { return rank(e.After) < rank(e.Before) }

func rank(d authz.Decision) int {
	switch d.Effect() {
	case authz.Allows:
		return 2
	case authz.Depends:
		return 1
	default:
		return 0
	}
}

// apply gives the next version, or says why there is none.
func (c Change) apply(before Version) (Result, error) {
	if err := c.check(); err != nil {
		return Result{}, err
	}
	d := before.Document
	if c.Rules != nil {
		d.Rules = *c.Rules
	}
	if c.Conditions != nil {
		d.Conditions = *c.Conditions
	}
	d.Bindings = slices.Concat(d.Bindings, c.Bind)
	d, err := d.Normalised()
	if err != nil {
		return Result{}, invalid(err).At("input", "bind")
	}
	unbind, err := authz.Document{Bindings: c.Unbind}.Normalised()
	if err != nil {
		return Result{}, invalid(err).At("input", "unbind")
	}
	d.Bindings = without(d.Bindings, unbind.Bindings)
	if len(d.Bindings) > maxBindings {
		return Result{}, fault.Invalid("policy.Update", "there can be at most %d bindings", maxBindings).WithCode(CodeTooLarge)
	}
	after, err := d.Compile()
	if err != nil {
		return Result{}, invalid(err)
	}
	was, err := before.Compile()
	if err != nil {
		return Result{}, fault.Internal("policy.Update", err)
	}
	result := Result{Version: Version{Number: before.Number + 1, Document: d, Author: c.Author, Reason: c.Reason}}
	result.Effects, err = c.compare(authz.New(was), authz.New(after), slices.Concat(was.Roles(), after.Roles()))
	return result, err
}

func (c Change) check() error {
	const op = "policy.Update"
	for name, text := range map[string]*string{"rules": c.Rules, "conditions": c.Conditions} {
		switch {
		case text == nil:
		case len(*text) > maxTextBytes:
			return fault.Invalid(op, "the %s have more than %d bytes", name, maxTextBytes).WithCode(CodeTooLarge).At("input", name)
		case strings.ContainsRune(*text, 0) || !utf8.ValidString(*text):
			return fault.Invalid(op, "the %s are no text", name).WithCode(CodeInvalid).At("input", name)
		}
	}
	reason := strings.TrimSpace(c.Reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxReason || strings.ContainsRune(reason, 0) {
		return fault.Invalid(op, "give a reason of at most %d characters", maxReason).WithCode("REASON_REQUIRED").At("input", "reason")
	}
	return nil
}

// invalid tells whoever wrote the policies what is wrong with them: they are the client's own words.
func invalid(err error) *fault.Error {
	return fault.Invalid("policy.Update", "%s", err.Error()).WithCode(CodeInvalid)
}

// compare asks both for everybody, and refuses a change after which nobody can change policies.
func (c Change) compare(before, after *authz.Authorizer, roles []string) (effects []Effect, err error) {
	ctx := context.Background()
	var had, left int
	for _, p := range c.People {
		for _, permission := range authz.Permissions() {
			was, err := before.Decide(ctx, p, permission)
			if err != nil {
				return nil, err
			}
			is, err := after.Decide(ctx, p, permission)
			if err != nil {
				return nil, err
			}
			if rank(was) != rank(is) || was.String() != is.String() {
				effects = append(effects, Effect{User: p.Subject, Permission: permission, Before: was, After: is})
			}
			if permission == authz.PolicyEntityUpdate {
				had, left = had+countAllowed(was), left+countAllowed(is)
			}
		}
	}
	if had > 0 && left == 0 {
		return nil, lastAdmin()
	}
	return effects, c.keepsAdminRole(ctx, before, after, roles)
}

// keepsAdminRole holds on to a role that can change policies: credentials may carry roles that nobody is bound to.
func (c Change) keepsAdminRole(ctx context.Context, before, after *authz.Authorizer, roles []string) error {
	var had, left int
	slices.Sort(roles)
	for _, role := range slices.Compact(roles) {
		p := auth.NewPrincipal(auth.Principal{Subject: "user:default/somebody-who-is-bound-to-nothing", Roles: []string{role}})
		was, err := before.Decide(ctx, p, authz.PolicyEntityUpdate)
		if err != nil {
			return err
		}
		is, err := after.Decide(ctx, p, authz.PolicyEntityUpdate)
		if err != nil {
			return err
		}
		had, left = had+countAllowed(was), left+countAllowed(is)
	}
	if had > 0 && left == 0 {
		return lastAdmin()
	}
	return nil
}

func countAllowed(d authz.Decision) int {
	if d.Allowed() {
		return 1
	}
	return 0
}

func lastAdmin() error {
	return fault.Conflict("policy.Update", "nobody would be left who may change policies").WithCode(CodeLastAdmin)
}
