package portal

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/policy"
)

// Policy is one version of the policies.
type Policy struct {
	Version           int
	Current           bool
	Rules, Conditions string
	// Author is nil where nobody is known.
	Author    *string
	Reason    string
	CreatedAt time.Time

	bindings func(ctx context.Context) ([]authz.Binding, error)
}

// PolicyConnection is a page of versions.
type PolicyConnection struct{ relay.Connection[*Policy] }

// PolicyEdge is a version on a page, and its cursor.
type PolicyEdge relay.Edge[*Policy]

// Edges are the versions on the page, each with its cursor.
func (c *PolicyConnection) Edges() []*PolicyEdge { return relay.Edges[PolicyEdge](c.Connection) }

// RoleBinding is that a user or group has a role.
type RoleBinding struct{ Member, Role string }

// RoleBindingConnection is a page of bindings.
type RoleBindingConnection struct {
	relay.Connection[*RoleBinding]
}

// RoleBindingEdge is a binding on a page, and its cursor.
type RoleBindingEdge relay.Edge[*RoleBinding]

// Edges are the bindings on the page, each with its cursor.
func (c *RoleBindingConnection) Edges() []*RoleBindingEdge {
	return relay.Edges[RoleBindingEdge](c.Connection)
}

// Policies gives versions, the newest first.
func (a *Administration) Policies(ctx context.Context, first *int32, after *string, last *int32, before *string) (*PolicyConnection, error) {
	if _, err := a.admit(ctx, "portal.Policies", authz.PolicyEntityRead); err != nil {
		return nil, err
	}
	page, err := relay.Between(first, after, last, before).Page("policies", 1)
	if err != nil {
		return nil, err
	}
	part, err := page.Keyset(position)
	if err != nil {
		return nil, err
	}
	current, err := a.policies.Current(ctx)
	if err != nil {
		return nil, err
	}
	read, err := a.policies.History(ctx, part)
	if err != nil {
		return nil, err
	}
	shown := make([]*Policy, len(read))
	for i, v := range read {
		shown[i] = a.show(v, current.Number)
	}
	key := func(p *Policy) []string { return []string{strconv.Itoa(p.Version)} }
	count := func(context.Context) (int, error) { return int(current.Number), nil }
	return &PolicyConnection{relay.NewConnection(page, shown, key, count)}, nil
}

// position is the number that a sort key of one number stands for.
func position(key []string) ([]any, error) {
	number, err := strconv.ParseInt(key[0], 10, 64)
	if err != nil || number < 1 {
		return nil, relay.InvalidCursor()
	}
	return []any{number}, nil
}

func (a *Administration) show(v policy.Version, current int64) *Policy {
	p := &Policy{
		Version: int(v.Number), Current: v.Number == current, Rules: v.Rules, Conditions: v.Conditions, Reason: v.Reason,
		CreatedAt: v.At,
		bindings: func(ctx context.Context) ([]authz.Binding, error) {
			return a.policies.Bindings(ctx, v.Number)
		},
	}
	if v.Author != "" {
		p.Author = &v.Author
	}
	return p
}

// Bindings gives who has which role.
func (p *Policy) Bindings(ctx context.Context, member, role *string, first *int32, after *string, last *int32, before *string) (*RoleBindingConnection, error) {
	page, err := relay.Between(first, after, last, before).Page("policy.bindings", 2)
	if err != nil {
		return nil, err
	}
	all, err := p.bindings(ctx)
	if err != nil {
		return nil, err
	}
	shown := make([]*RoleBinding, 0, len(all))
	for _, b := range all {
		if (member == nil || b.Member == *member) && (role == nil || b.Role == auth.RoleRef(*role)) {
			shown = append(shown, &RoleBinding{b.Member, b.Role})
		}
	}
	return &RoleBindingConnection{relay.Slice(shown, func(b *RoleBinding) []string { return []string{b.Member, b.Role} }, page)}, nil
}

// AccessEffect is what a decision comes to, in the words of the schema.
type AccessEffect string

// effectOf puts an effect in these words.
func effectOf(e authz.Effect) AccessEffect { return AccessEffect(strings.ToUpper(string(e))) }

// AccessDifference is what a change does to what one user may do.
type AccessDifference struct {
	User, Permission                  string
	Before, After                     AccessEffect
	ConditionsBefore, ConditionsAfter *string
}

// maxDifferences bounds each list of differences.
const maxDifferences = 1_000

// PolicyUpdate is what came of a change.
type PolicyUpdate struct {
	// Policy is nil in a dry run.
	Policy                 *Policy
	Gains, Losses, Changes []*AccessDifference
	DifferenceCount        int
}

// UpdatePolicy changes the policies in the name of the one who asks.
func (a *Administration) UpdatePolicy(ctx context.Context, change policy.Change) (*PolicyUpdate, error) {
	const op = "portal.UpdatePolicy"
	principal, err := a.admit(ctx, op, authz.PolicyEntityUpdate)
	if err != nil {
		return nil, err
	}
	change.Author = principal.Subject
	if change.People, err = a.everybody(ctx, change.Bind, principal); err != nil {
		return nil, err
	}
	result, err := a.policies.Update(ctx, change)
	if err != nil {
		return nil, err
	}
	update := &PolicyUpdate{DifferenceCount: len(result.Effects)}
	for _, e := range result.Effects {
		update.add(e)
	}
	if !change.DryRun {
		current, err := a.policies.Current(ctx)
		if err != nil {
			return nil, err
		}
		result.Version.At = current.At
		update.Policy = a.show(result.Version, current.Number)
	}
	return update, nil
}

func (u *PolicyUpdate) add(e policy.Effect) {
	list := &u.Changes
	switch {
	case e.Gains():
		list = &u.Gains
	case e.Loses():
		list = &u.Losses
	}
	if len(*list) < maxDifferences {
		*list = append(*list, &AccessDifference{
			User: e.User, Permission: string(e.Permission), Before: effectOf(e.Before.Effect()), After: effectOf(e.After.Effect()),
			ConditionsBefore: orNil(e.Before.String()), ConditionsAfter: orNil(e.After.String()),
		})
	}
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// everybody gives the users of the catalog with their groups, and users who have, or are to have, a role without being
// in the catalog.
func (a *Administration) everybody(ctx context.Context, also []authz.Binding, asking auth.Principal) ([]auth.Principal, error) {
	known, err := a.people.People(ctx)
	if err != nil {
		return nil, err
	}
	current, err := a.policies.Current(ctx)
	if err != nil {
		return nil, err
	}
	everybody := make([]auth.Principal, 0, len(known))
	seen := make(map[string]bool, len(known))
	add := func(ref string, groups []string) {
		if !seen[ref] {
			seen[ref] = true
			everybody = append(everybody, auth.NewPrincipal(auth.Principal{Subject: ref, Groups: groups}))
		}
	}
	for _, p := range known {
		add(p.Ref, p.Groups)
	}
	for _, b := range slices.Concat(current.Bindings, also) {
		if member := strings.ToLower(b.Member); strings.HasPrefix(member, "user:") {
			add(member, nil)
		}
	}
	add(asking.Subject, asking.Groups)
	return everybody, nil
}

// FromVersion brings the number of a version that a client sent into range.
func FromVersion(number int32) int64 { return int64(min(max(number, 0), math.MaxInt32)) }
