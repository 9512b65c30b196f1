package portal

import (
	"context"
	"strings"
	"time"

	"devportal.internal/graph/relay"
	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/authz"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin/tooltoken"
)

// NewToken is what a new token is to be.
type NewToken struct {
	Name   string
	Scopes []string
	// ExpiresAt is when it ends; nil is in 90 days.
	ExpiresAt *time.Time
	// ServiceAccount is the ref of whom it acts as; nil is whoever asks.
	ServiceAccount *string
}

// OwnTokens are the tokens of whoever asks.
func (a *Accounts) OwnTokens(ctx context.Context) ([]*AccessToken, error) {
	p, err := interactive(ctx, "portal.OwnTokens")
	if err != nil {
		return nil, err
	}
	return a.tokensOf(ctx, p.Subject)
}

// TokensOf are the tokens of a service account. Whoever may see the account may see them.
func (a *Accounts) TokensOf(ctx context.Context, account *ServiceAccount) ([]*AccessToken, error) {
	if _, err := a.administrator(ctx, "portal.TokensOf", authz.PolicyEntityRead); err != nil {
		return nil, err
	}
	return a.tokensOf(ctx, account.Ref)
}

func (a *Accounts) tokensOf(ctx context.Context, owner string) ([]*AccessToken, error) {
	found, err := a.Store.List(ctx, owner, tooltoken.MaxPerOwner)
	if err != nil {
		return nil, err
	}
	all := make([]*AccessToken, len(found))
	for i, t := range found {
		all[i] = shownToken(t)
	}
	return all, nil
}

// CreateToken makes a token, and gives it with its secret, which is shown this once.
func (a *Accounts) CreateToken(ctx context.Context, wanted NewToken) (made *AccessToken, secret string, err error) {
	const op = "portal.CreateToken"
	p, err := interactive(ctx, op)
	if err != nil {
		return nil, "", err
	}
	owner := p
	if wanted.ServiceAccount != nil {
		if owner, err = a.account(ctx, op, *wanted.ServiceAccount); err != nil {
			return nil, "", err
		}
	}
	expires := a.now().Add(defaultLife)
	if wanted.ExpiresAt != nil {
		expires = *wanted.ExpiresAt
	}
	token, secret, err := a.Maker.Create(ctx, tooltoken.Wanted{
		Owner: owner, CreatedBy: p.Subject, Name: wanted.Name, Scopes: wanted.Scopes, Expires: expires,
	})
	if err != nil {
		return nil, "", err
	}
	return shownToken(token), secret, a.Audit.Record(ctx, tokenEvent("createAccessToken", token))
}

// account gives a service account as a principal, to whoever may decide on rights.
func (a *Accounts) account(ctx context.Context, op, ref string) (auth.Principal, error) {
	if _, err := a.administrator(ctx, op, authz.PolicyEntityUpdate); err != nil {
		return auth.Principal{}, err
	}
	found, err := a.Store.Account(ctx, ref)
	if fault.Is(err, fault.KindNotFound) {
		return auth.Principal{}, noAccount(op, "serviceAccount")
	}
	return auth.NewPrincipal(auth.Principal{Subject: found.Ref, Roles: found.Roles}), err
}

// RevokeToken revokes the token with a global id: one's own, or, for who decides on rights, anybody's.
func (a *Accounts) RevokeToken(ctx context.Context, id string) (*AccessToken, error) {
	const op = "portal.RevokeToken"
	p, err := interactive(ctx, op)
	if err != nil {
		return nil, err
	}
	uid, err := relay.DecodeIDOf(typeToken, id)
	if err != nil {
		return nil, inField(err, "id")
	}
	owner := p.Subject
	decision, err := a.Rights.Decide(ctx, p, authz.PolicyEntityUpdate)
	if err != nil {
		return nil, err
	}
	if !decision.Denied() {
		owner = ""
	}
	removed, err := a.Store.Remove(ctx, uid, owner)
	if fault.Is(err, fault.KindNotFound) {
		return nil, fault.NotFound(op, "there is no such token, or it is not yours").At("input", "id")
	}
	if err != nil {
		return nil, err
	}
	a.revoked(ctx, removed)
	return shownToken(removed), a.Audit.Record(ctx, tokenEvent("revokeAccessToken", removed))
}

// ServiceAccounts gives a page of the service accounts.
func (a *Accounts) ServiceAccounts(ctx context.Context, page relay.Page) (*ServiceAccountConnection, error) {
	if _, err := a.administrator(ctx, "portal.ServiceAccounts", authz.PolicyEntityRead); err != nil {
		return nil, err
	}
	part, err := page.Keyset(relay.Texts)
	if err != nil {
		return nil, err
	}
	found, err := a.Store.Accounts(ctx, part)
	if err != nil {
		return nil, err
	}
	all := make([]*ServiceAccount, len(found))
	for i, account := range found {
		all[i] = shownAccount(account)
	}
	key := func(s *ServiceAccount) []string { return []string{s.Ref} }
	return &ServiceAccountConnection{relay.NewConnection(page, all, key, a.Store.CountAccounts)}, nil
}

// CreateServiceAccount makes a service account.
func (a *Accounts) CreateServiceAccount(ctx context.Context, name, description string, roles []string) (*ServiceAccount, error) {
	const op = "portal.CreateServiceAccount"
	p, err := a.administrator(ctx, op, authz.PolicyEntityUpdate)
	if err != nil {
		return nil, err
	}
	account, err := tooltoken.NewAccount(name, description, roles, p.Subject, a.now())
	if err != nil {
		return nil, err
	}
	if err := a.Store.AddAccount(ctx, account); err != nil {
		return nil, err
	}
	return shownAccount(account), a.Audit.Record(ctx, accountEvent("createServiceAccount", account))
}

// DeleteServiceAccount removes a service account with its tokens.
func (a *Accounts) DeleteServiceAccount(ctx context.Context, ref string) (*ServiceAccount, error) {
	const op = "portal.DeleteServiceAccount"
	if _, err := a.administrator(ctx, op, authz.PolicyEntityUpdate); err != nil {
		return nil, err
	}
	tokens, err := a.Store.List(ctx, ref, tooltoken.MaxPerOwner)
	if err != nil {
		return nil, err
	}
	removed, err := a.Store.RemoveAccount(ctx, ref)
	if fault.Is(err, fault.KindNotFound) {
		return nil, noAccount(op, "ref")
	}
	if err != nil {
		return nil, err
	}
	a.revoked(ctx, tokens...)
	return shownAccount(removed), a.Audit.Record(ctx, accountEvent("deleteServiceAccount", removed))
}

func noAccount(op, field string) error {
	return fault.NotFound(op, "there is no such service account").At("input", field)
}

func shownToken(t tooltoken.Token) *AccessToken {
	return &AccessToken{
		ID: relay.EncodeID(typeToken, t.ID), Name: t.Name, Owner: t.Owner, CreatedBy: t.CreatedBy, Fingerprint: t.Fingerprint(),
		Scopes: nonNil(t.Scopes), CreatedAt: t.Created, ExpiresAt: t.Expires, LastUsedAt: t.LastUsed,
	}
}

func shownAccount(a tooltoken.Account) *ServiceAccount {
	return &ServiceAccount{
		Ref: a.Ref, Description: a.Description, CreatedBy: a.CreatedBy, Roles: nonNil(a.Roles), CreatedAt: a.Created,
	}
}

func tokenEvent(action string, t tooltoken.Token) audit.Event {
	return audit.Event{Kind: audit.Credential, Action: action, Outcome: audit.Done, Facts: []audit.Fact{
		audit.About("owner", t.Owner), {Name: "token", Value: t.ID}, {Name: "scopes", Value: strings.Join(t.Scopes, " ")},
	}}
}

func accountEvent(action string, a tooltoken.Account) audit.Event {
	return audit.Event{Kind: audit.Credential, Action: action, Outcome: audit.Done, Facts: []audit.Fact{
		{Name: "serviceAccount", Value: a.Ref}, {Name: "roles", Value: strings.Join(a.Roles, " ")},
	}}
}
