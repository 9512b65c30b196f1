package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin"
)

// Settings are those of one provider.
type Settings struct {
	Name, Title string
	// URL is where people sign in (https://github.com), APIURL where the API is (https://api.github.com).
	URL, APIURL            string
	ClientID, ClientSecret string
	RedirectURL            string
	// Organizations are those of which somebody must be a member; none lets in everybody.
	Organizations []string
	Match         []string
}

// Bounds of what is asked of GitHub.
const (
	timeout   = 15 * time.Second
	maxAnswer = 4 << 20
	pageSize  = 100
	maxPages  = 20
)

// Provider is GitHub. It implements [signin.Redirector].
type Provider struct {
	settings Settings
	client   *http.Client
}

// New makes a provider.
func New(settings Settings) *Provider {
	return &Provider{settings, &http.Client{Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// Name implements [signin.Provider].
func (p *Provider) Name() string { return p.settings.Name }

// Title implements [signin.Provider].
func (p *Provider) Title() string { return p.settings.Title }

// Match implements [signin.Provider].
func (p *Provider) Match() []string { return p.settings.Match }

func (p *Provider) config() *oauth2.Config {
	base := strings.TrimSuffix(p.settings.URL, "/")
	return &oauth2.Config{
		ClientID: p.settings.ClientID, ClientSecret: p.settings.ClientSecret, RedirectURL: p.settings.RedirectURL,
		Scopes:   []string{"read:user", "user:email", "read:org"},
		Endpoint: oauth2.Endpoint{AuthURL: base + "/login/oauth/authorize", TokenURL: base + "/login/oauth/access_token"},
	}
}

// Begin implements [signin.Redirector].
func (p *Provider) Begin(_ context.Context, attempt *signin.Attempt) (*url.URL, error) {
	return url.Parse(p.config().AuthCodeURL(attempt.State, oauth2.S256ChallengeOption(attempt.Verifier)))
}

// Complete implements [signin.Redirector].
func (p *Provider) Complete(r *http.Request, attempt *signin.Attempt) (signin.Identity, error) {
	const op = "github.Complete"
	query := r.URL.Query()
	if query.Get("error") != "" || query.Get("code") == "" {
		return signin.Identity{}, signin.Refused(op, errors.New("GitHub sent an error instead of a code"))
	}
	ctx := context.WithValue(r.Context(), oauth2.HTTPClient, p.client)
	token, err := p.config().Exchange(ctx, query.Get("code"), oauth2.VerifierOption(attempt.Verifier))
	if err != nil {
		return signin.Identity{}, signin.Refused(op, errors.New("the code could not be exchanged"))
	}
	return p.identity(ctx, token.AccessToken)
}

func (p *Provider) identity(ctx context.Context, token string) (signin.Identity, error) {
	var user struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
	}
	if err := p.get(ctx, token, "/user", &user); err != nil {
		return signin.Identity{}, err
	}
	if user.ID <= 0 || user.Login == "" {
		return signin.Identity{}, signin.Refused("github.identity", errors.New("GitHub does not say who it is"))
	}
	who := signin.Identity{Provider: p.settings.Name, ID: strconv.FormatInt(user.ID, 10), Login: user.Login}
	var err error
	if who.Email, err = p.email(ctx, token); err != nil {
		return signin.Identity{}, err
	}
	organizations, err := p.organizations(ctx, token)
	if err != nil {
		return signin.Identity{}, err
	}
	if wanted := p.settings.Organizations; len(wanted) > 0 && !slices.ContainsFunc(organizations, func(is string) bool {
		return slices.ContainsFunc(wanted, func(want string) bool { return strings.EqualFold(is, want) })
	}) {
		return signin.Identity{}, signin.Refused("github.identity", errors.New("not a member of any of the organisations"))
	}
	teams, err := p.teams(ctx, token)
	who.Groups = slices.Concat(organizations, teams)
	return who, err
}

// email gives the primary address, if it is verified.
func (p *Provider) email(ctx context.Context, token string) (string, error) {
	var all []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := p.get(ctx, token, "/user/emails", &all); err != nil {
		return "", err
	}
	for _, one := range all {
		if one.Primary && one.Verified {
			return one.Email, nil
		}
	}
	return "", nil
}

// organizations gives those of which the person is an active member, by name.
func (p *Provider) organizations(ctx context.Context, token string) (names []string, err error) {
	type membership struct {
		Organization struct {
			Login string `json:"login"`
		} `json:"organization"`
	}
	all, err := pages[membership](ctx, p, token, "/user/memberships/orgs?state=active")
	for _, m := range all {
		names = append(names, strings.ToLower(m.Organization.Login))
	}
	return names, err
}

// teams gives the teams as organisation/team.
func (p *Provider) teams(ctx context.Context, token string) (names []string, err error) {
	type team struct {
		Slug         string `json:"slug"`
		Organization struct {
			Login string `json:"login"`
		} `json:"organization"`
	}
	all, err := pages[team](ctx, p, token, "/user/teams?")
	for _, t := range all {
		names = append(names, strings.ToLower(t.Organization.Login+"/"+t.Slug))
	}
	return names, err
}

// pages reads a list of GitHub's, page by page.
func pages[T any](ctx context.Context, p *Provider, token, path string) (all []T, err error) {
	for page := 1; page <= maxPages; page++ {
		var part []T
		if err := p.get(ctx, token, fmt.Sprintf("%s&per_page=%d&page=%d", path, pageSize, page), &part); err != nil {
			return nil, err
		}
		all = append(all, part...)
		if len(part) < pageSize {
			break
		}
	}
	return all, nil
}

func (p *Provider) get(ctx context.Context, token, path string, into any) error {
	const op = "github.get"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(p.settings.APIURL, "/")+path, nil)
	if err != nil {
		return fault.Internal(op, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Accept", "application/vnd.github+json")
	response, err := p.client.Do(request)
	if err != nil {
		return fault.Unavailable(op, errors.New("GitHub's API does not answer"))
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return signin.Refused(op, fmt.Errorf("GitHub's API answers with status %d", response.StatusCode))
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxAnswer)).Decode(into); err != nil {
		return signin.Refused(op, errors.New("GitHub's answer cannot be read"))
	}
	return nil
}
