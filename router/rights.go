package router

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/router/access"
	"devportal.internal/router/internal/cache"
	"devportal.internal/router/introspect"
	"devportal.internal/router/operation"
	"devportal.internal/router/subscribe"
	"devportal.internal/router/transport"
)

// Policies says which policies (@policy) callers have. It is safe for concurrent use.
type Policies interface {
	// Granted answers for each of the names whether the caller has that policy. It is asked once for all that the supergraph
	// names; the answer is kept for callers of the same Identity, for as long as the version is the same. An error
	// refuses the request.
	Granted(ctx context.Context, caller transport.Caller, names []string) ([]bool, error)

	// Version changes whenever an answer may have.
	Version() uint64
}

// DenialMode is how a router answers what a caller may not have.
type DenialMode string

// The modes.
const (
	// DenyFields answers a denied field with null and an error with code FORBIDDEN, or UNAUTHENTICATED where nobody is
	// signed in, at its path. The rest of the operation is answered.
	DenyFields DenialMode = ""

	// DenyOperations refuses an operation with any denied field.
	DenyOperations DenialMode = "operations"

	// DenyNames refuses an operation with any denied field as if the schema had no such field.
	DenyNames DenialMode = "names"
)

// IntrospectionMode is who sees what of the schema, by introspection and at /schema.graphql.
type IntrospectionMode string

// The modes. A caller with HideSchema sees nothing in any of them.
const (
	// IntrospectByRole shows callers the part of the schema that they may use.
	IntrospectByRole IntrospectionMode = ""

	// IntrospectSignedIn does so for those who are signed in, and shows nothing to others.
	IntrospectSignedIn IntrospectionMode = "signed-in"

	// IntrospectOff shows nothing to anybody.
	IntrospectOff IntrospectionMode = "off"
)

// maxViews is how many different rights have what was made for them kept: callers are many, roles are few.
const maxViews = 100

// rules are what a supergraph demands of callers, with what was found out about some.
type rules struct {
	*access.Rules
	options Options
	rights  *cache.Cache[access.Rights] // by identity and version
	views   *cache.Cache[*view]         // by rights
	seen    *cache.Cache[bool]          // documents that are valid in a view
}

func newRules(of *access.Rules, options Options) *rules {
	return &rules{
		Rules: of, options: options,
		rights: cache.New[access.Rights](10_000, cacheWeight),
		views:  cache.New[*view](maxViews, 8*cacheWeight),
		seen:   cache.New[bool](options.Limits.Plans, cacheWeight),
	}
}

// rightsOf decides which of the supergraph's demands a caller meets.
func (r *rules) rightsOf(ctx context.Context, caller transport.Caller) (access.Rights, error) {
	asked, asks := r.options.Policies, len(r.Policies()) > 0 && r.options.Policies != nil
	who := access.Caller{SignedIn: caller.SignedIn, Scopes: caller.Scopes}
	if r.None() || !asks {
		return r.Rights(who, func(string) bool { return false }), nil
	}
	key := fmt.Sprintf("%d %t %q %q", asked.Version(), caller.SignedIn, caller.Scopes, caller.Identity)
	if known, found := r.rights.Find(key); found {
		return known, nil
	}
	granted, err := asked.Granted(ctx, caller, r.Policies())
	if err == nil && len(granted) != len(r.Policies()) {
		err = fmt.Errorf("%d answers for %d policies", len(granted), len(r.Policies()))
	}
	if err != nil {
		return access.Rights{}, fmt.Errorf("deciding on policies: %w", err)
	}
	has := make(map[string]bool, len(granted))
	for at, name := range r.Policies() {
		has[name] = granted[at]
	}
	rights := r.Rights(who, func(name string) bool { return has[name] })
	r.rights.Keep(key, rights, len(key))
	return rights, nil
}

// view is the API schema as callers with some rights see it.
type view struct {
	*access.View
	introspection *introspect.Schema
}

func (r *rules) view(rights access.Rights) *view {
	key := rights.Key()
	if known, found := r.views.Find(key); found {
		return known
	}
	made := r.View(rights)
	shown := &view{made, introspect.New(made.API)}
	r.views.Keep(key, shown, len(key))
	return shown
}

// check says what is wrong with a document in the eyes of callers with some rights: whatever it names that they do not see
// is unknown. Nil means that it is valid, or would be refused for a reason that is none of the schema's.
func (g *graph) check(text string, rights access.Rights) error {
	if g.rules.AreAll(rights) {
		return nil
	}
	key := rights.Key() + " " + text
	if _, valid := g.rules.seen.Find(key); valid {
		return nil
	}
	if err := operation.Check(g.rules.view(rights).API, text, g.parsing()); err != nil {
		return err
	}
	g.rules.seen.Keep(key, true, len(key))
	return nil
}

// concealed is the error to show for one that comes of a document: its words are those of the schema that the caller sees.
func (p *prepared) concealed(err error) error {
	var list gqlerror.List
	if p.graph.rules.AreAll(p.rights) || !errors.As(err, &list) {
		return err
	}
	if seen := p.graph.check(p.request.Query, p.rights); seen != nil {
		return seen
	}
	return err
}

// checkDenied refuses an operation of which nothing is to be answered because some of it is denied.
func (p *prepared) checkDenied() *transport.Refusal {
	if p.program != nil {
		return nil
	}
	denial := p.rights.Denial()
	refusal := &transport.Refusal{Status: http.StatusForbidden}
	if denial.Code == access.CodeUnauthenticated {
		refusal.Status = http.StatusUnauthorized
		refusal.Header = http.Header{"Www-Authenticate": {"Bearer"}}
	}
	limit := p.graph.options.Limits.Errors
	if limit == 0 {
		limit = defaultErrors
	}
	for _, denied := range p.denied[:min(limit, len(p.denied))] {
		err := transport.NewError(denial.Code, denial.Message)
		for _, key := range denied.Path {
			err.Path = append(err.Path, key)
		}
		refusal.Errors = append(refusal.Errors, err)
	}
	return refusal
}

// defaultErrors is how many errors an answer lists if the options do not say.
const defaultErrors = 5

// checkIntrospection refuses to tell of the schema to those who may not see it.
func (r *Router) checkIntrospection(caller transport.Caller) *transport.Refusal {
	mode := r.options.Introspection
	switch {
	case caller.HideSchema, mode == IntrospectOff:
		return transport.Refuse(0, codeIntrospectionDisabled, "introspection is not allowed to you")
	case mode == IntrospectSignedIn && !caller.SignedIn:
		return transport.Refuse(0, codeIntrospectionDisabled, "introspection is not allowed before you sign in")
	}
	return nil
}

// rightsChanged ends a live operation, and those that share its source, if the rights that it was planned for are not those
// of its caller any more. Their clients subscribe again, from the last event that they were given.
func (l *liveOperation) rightsChanged() bool {
	rules := l.graph.rules
	if rules.None() {
		return false
	}
	now, err := rules.rightsOf(l.ctx, l.request.Caller)
	if err == nil && now.KeyFor(l.touched) == l.rights.KeyFor(l.touched) {
		return false
	}
	l.router.hub.End(func(op subscribe.Operation) bool { return op.Key() == l.key })
	return true
}
