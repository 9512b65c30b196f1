package portal

import (
	"context"
	"time"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/signin/tooltoken"
)

// Codes of the faults of sessions and tokens. They are stable.
const (
	// CodeNoSession: whoever asks is not signed in, but has a token, or is the development user.
	CodeNoSession = "NO_SESSION"
	// CodeNotWithToken: what has scopes makes no other credentials.
	CodeNotWithToken = "NOT_WITH_A_TOKEN"
)

// Types of the global ids of sessions and tokens. `node` does not lead to them.
const (
	typeSession = "Session"
	typeToken   = "AccessToken"
)

// defaultLife is how long a token lives that nobody gave an end.
const defaultLife = 90 * 24 * time.Hour

// Sessions are where people are signed in. [session.Sessions] are.
type Sessions interface {
	List(ctx context.Context, subject string) ([]session.Session, error)
	End(ctx context.Context, subject, id string) error
	EndAll(ctx context.Context, subject, except string) (int, error)
}

// TokenMaker makes tokens for tools. [tooltoken.Tokens] does.
type TokenMaker interface {
	Create(ctx context.Context, wanted tooltoken.Wanted) (made tooltoken.Token, secret string, err error)
}

// TokenStore keeps tokens for tools and service accounts.
type TokenStore interface {
	List(ctx context.Context, owner string, limit int) ([]tooltoken.Token, error)
	Remove(ctx context.Context, id, owner string) (tooltoken.Token, error)
	AddAccount(ctx context.Context, a tooltoken.Account) error
	Account(ctx context.Context, ref string) (tooltoken.Account, error)
	Accounts(ctx context.Context, part entityindex.Keyset) ([]tooltoken.Account, error)
	CountAccounts(ctx context.Context) (int, error)
	RemoveAccount(ctx context.Context, ref string) (tooltoken.Account, error)
}

// Recorder remembers what was done. [audit.Log] does.
type Recorder interface {
	Record(ctx context.Context, e audit.Event) error
}

// Accounts are the sessions, tokens and service accounts of the portal.
type Accounts struct {
	Rights   Rights
	Sessions Sessions
	Maker    TokenMaker
	Store    TokenStore
	Audit    Recorder
	// Revoked hears of tokens that were revoked, by the names that they have in the audit log; nil is nobody.
	Revoked func(ctx context.Context, credentials ...string)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Session is a session as the graph shows it.
type Session struct {
	ID, Provider                  string
	StartedAt, LastUsedAt, EndsAt time.Time
	UserAgent, Address            *string
	Current                       bool
}

// AccessToken is a token for a tool as the graph shows it.
type AccessToken struct {
	ID, Name, Owner, CreatedBy, Fingerprint string
	Scopes                                  []string
	CreatedAt, ExpiresAt, LastUsedAt        time.Time
}

// ServiceAccount is a service account as the graph shows it.
type ServiceAccount struct {
	Ref, Description, CreatedBy string
	Roles                       []string
	CreatedAt                   time.Time
}

// ServiceAccountConnection is a page of service accounts.
type ServiceAccountConnection struct {
	relay.Connection[*ServiceAccount]
}

// ServiceAccountEdge is a service account on a page, and its cursor.
type ServiceAccountEdge relay.Edge[*ServiceAccount]

// Edges are the service accounts on the page, each with its cursor.
func (c *ServiceAccountConnection) Edges() []*ServiceAccountEdge {
	return relay.Edges[ServiceAccountEdge](c.Connection)
}

// OwnSessions are the sessions of whoever asks. Only who is asking knows them: scopes do not.
func (a *Accounts) OwnSessions(ctx context.Context) ([]*Session, error) {
	p, err := interactive(ctx, "portal.OwnSessions")
	if err != nil {
		return nil, err
	}
	found, err := a.Sessions.List(ctx, p.Subject)
	if err != nil {
		return nil, err
	}
	all := make([]*Session, len(found))
	for i, s := range found {
		all[i] = &Session{
			ID: relay.EncodeID(typeSession, s.ID), Provider: s.Provider, StartedAt: s.Started, LastUsedAt: s.LastUsed,
			EndsAt: s.Ends, UserAgent: orNull(s.UserAgent), Address: orNull(s.Address), Current: s.ID == p.Session,
		}
	}
	return all, nil
}

// SignOut ends the session with a global id, or, without one, that of whoever asks, and gives its id.
func (a *Accounts) SignOut(ctx context.Context, id *string) (string, error) {
	const op = "portal.SignOut"
	p, err := interactive(ctx, op)
	if err != nil {
		return "", err
	}
	uid := p.Session
	if id != nil {
		if uid, err = relay.DecodeIDOf(typeSession, *id); err != nil {
			return "", inField(err, "session")
		}
	}
	if uid == "" {
		return "", fault.Invalid(op, "this is no session: say which session is to end").WithCode(CodeNoSession).At("input", "session")
	}
	if err := a.Sessions.End(ctx, p.Subject, uid); err != nil {
		return "", inField(err, "session")
	}
	ended := relay.EncodeID(typeSession, uid)
	return ended, a.Audit.Record(ctx, audit.Event{
		Kind: audit.SignIn, Action: "signOut", Outcome: audit.Done, Facts: []audit.Fact{{Name: "session", Value: uid}},
	})
}

// SignOutEverywhere ends the sessions of whoever asks, and gives their number.
func (a *Accounts) SignOutEverywhere(ctx context.Context, keepCurrent bool) (int, error) {
	p, err := interactive(ctx, "portal.SignOutEverywhere")
	if err != nil {
		return 0, err
	}
	except := ""
	if keepCurrent {
		except = p.Session
	}
	ended, err := a.Sessions.EndAll(ctx, p.Subject, except)
	if err != nil {
		return ended, err
	}
	return ended, a.Audit.Record(ctx, audit.Event{Kind: audit.SignIn, Action: "signOutEverywhere", Outcome: audit.Done})
}

// interactive gives the principal, if it is one that may look after credentials: a credential with scopes may not.
func interactive(ctx context.Context, op string) (auth.Principal, error) {
	p, err := auth.Require(ctx)
	if err == nil && len(p.Scopes) > 0 {
		err = fault.Forbidden(op, "a token for tools may not look after sessions and tokens").WithCode(CodeNotWithToken)
	}
	return p, err
}

// administrator requires a permission on policies: who decides on rights decides on service accounts.
func (a *Accounts) administrator(ctx context.Context, op string, permission authz.Permission) (auth.Principal, error) {
	p, err := interactive(ctx, op)
	if err != nil {
		return p, err
	}
	decision, err := a.Rights.Decide(ctx, p, permission)
	if err != nil {
		return p, err
	}
	return p, decision.Require(op)
}

func (a *Accounts) revoked(ctx context.Context, tokens ...tooltoken.Token) {
	if a.Revoked == nil {
		return
	}
	for _, t := range tokens {
		a.Revoked(ctx, tooltoken.Credential(t.ID))
	}
}

func (a *Accounts) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

// inField blames a field of the input for what cannot be found or read.
func inField(err error, field string) error {
	if message, ok := fault.Message(err); ok && (fault.Is(err, fault.KindNotFound) || fault.Is(err, fault.KindInvalid)) {
		return fault.New(fault.KindOf(err), "portal", "%s", message).WithCode(fault.Code(err)).At("input", field)
	}
	return err
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
