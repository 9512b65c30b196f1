package oidc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin"
)

// Settings are those of one provider. Name, Issuer, ClientID and RedirectURL are required.
type Settings struct {
	Name, Title  string
	Issuer       string
	ClientID     string
	ClientSecret string
	// RedirectURL is where the provider sends the browser back to.
	RedirectURL string
	// Scopes are asked for besides openid.
	Scopes                  []string
	LoginClaim, GroupsClaim string
	// Attributes are the claims that become attributes.
	Attributes []string
	Match      []string
	// HostedDomains are Google's Workspace domains, one of which the account must belong to; none is any account.
	HostedDomains []string
}

// timeout bounds each request to the provider.
const timeout = 15 * time.Second

// Provider is an OpenID Connect provider. It implements [signin.Redirector].
type Provider struct {
	settings Settings
	client   *http.Client

	mu         sync.Mutex
	discovered *oidc.Provider
}

// New makes a provider. It is asked what it is when somebody first signs in.
func New(settings Settings) *Provider {
	return &Provider{settings: settings, client: &http.Client{Timeout: timeout}}
}

// Name implements [signin.Provider].
func (p *Provider) Name() string { return p.settings.Name }

// Title implements [signin.Provider].
func (p *Provider) Title() string { return p.settings.Title }

// Match implements [signin.Provider].
func (p *Provider) Match() []string { return p.settings.Match }

// Begin implements [signin.Redirector].
func (p *Provider) Begin(ctx context.Context, attempt *signin.Attempt) (*url.URL, error) {
	_, config, err := p.discover(ctx)
	if err != nil {
		return nil, err
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(attempt.Nonce), oauth2.S256ChallengeOption(attempt.Verifier)}
	if len(p.settings.HostedDomains) == 1 {
		options = append(options, oauth2.SetAuthURLParam("hd", p.settings.HostedDomains[0]))
	}
	return url.Parse(config.AuthCodeURL(attempt.State, options...))
}

// discover reads the provider's configuration, once.
func (p *Provider) discover(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.discovered == nil {
		// The provider keeps the context for its keys: it may not end with this request.
		found, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), p.client), p.settings.Issuer)
		if err != nil {
			return nil, nil, fault.Unavailable("oidc.discover", err)
		}
		p.discovered = found
	}
	return p.discovered, &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, Endpoint: p.discovered.Endpoint(),
		RedirectURL: p.settings.RedirectURL, Scopes: append([]string{oidc.ScopeOpenID}, p.settings.Scopes...),
	}, nil
}

// Complete implements [signin.Redirector].
func (p *Provider) Complete(r *http.Request, attempt *signin.Attempt) (signin.Identity, error) {
	const op = "oidc.Complete"
	provider, config, err := p.discover(r.Context())
	if err != nil {
		return signin.Identity{}, err
	}
	query := r.URL.Query()
	if query.Get("error") != "" || query.Get("code") == "" {
		return signin.Identity{}, signin.Refused(op, errors.New("the provider sent an error instead of a code"))
	}
	ctx := oidc.ClientContext(r.Context(), p.client)
	answer, err := config.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return signin.Identity{}, signin.Refused(op, errors.New("the code could not be exchanged"))
	}
	raw, ok := answer.Extra("id_token").(string)
	if !ok || len(raw) > maxIDToken {
		return signin.Identity{}, signin.Refused(op, errors.New("the answer has no ID token, or a long one"))
	}
	token, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: p.settings.ClientID}).Verify(ctx, raw)
	if err != nil {
		return signin.Identity{}, signin.Refused(op, err)
	}
	if token.Nonce == "" || token.Nonce != attempt.Nonce {
		return signin.Identity{}, signin.Refused(op, errors.New("the ID token is for another sign-in"))
	}
	return p.identity(token)
}

// maxIDToken bounds an ID token before it is looked into.
const maxIDToken = 64 << 10

// identity reads the claims.
func (p *Provider) identity(token *oidc.IDToken) (signin.Identity, error) {
	const op = "oidc.identity"
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return signin.Identity{}, signin.Refused(op, errors.New("the claims cannot be read"))
	}
	if domains := p.settings.HostedDomains; len(domains) > 0 && !slices.Contains(domains, text(claims["hd"])) {
		return signin.Identity{}, signin.Refused(op, errors.New("the account is of another domain"))
	}
	who := signin.Identity{
		Provider: p.settings.Name, ID: token.Subject, Login: text(claims[p.settings.LoginClaim]), Attributes: map[string]string{},
	}
	if verified, _ := claims["email_verified"].(bool); verified {
		who.Email = text(claims["email"])
	}
	who.Groups = texts(claims[p.settings.GroupsClaim])
	for _, name := range p.settings.Attributes {
		if value := text(claims[name]); value != "" {
			who.Attributes[name] = value
		}
	}
	return who, nil
}

func text(claim any) string {
	switch claim := claim.(type) {
	case string:
		return claim
	case bool, float64:
		return fmt.Sprint(claim)
	default:
		return ""
	}
}

func texts(claim any) (all []string) {
	list, ok := claim.([]any)
	if !ok {
		return nil
	}
	for _, item := range list {
		if value, ok := item.(string); ok {
			all = append(all, value)
		}
	}
	return all
}
