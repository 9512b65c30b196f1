package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"devportal.internal/internal/config"
	"devportal.internal/internal/signin"
	"devportal.internal/internal/signin/github"
	"devportal.internal/internal/signin/ldap"
	"devportal.internal/internal/signin/oidc"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/signin/saml"
	"devportal.internal/internal/signin/throttle"
	"devportal.internal/internal/signin/web"
	"devportal.internal/internal/telemetry"
	portalpg "devportal.internal/subgraphs/portal/postgres"
)

// newSignIn makes what browsers sign in with; nil while no identity provider is configured.
func newSignIn(f *foundation) (http.Handler, error) {
	settings := f.settings.SignIn
	if !settings.HasProvider() {
		return nil, nil
	}
	providers, err := newProviders(f)
	if err != nil {
		return nil, err
	}
	resolver := &signin.Resolver{
		Directory: portalpg.NewEntities(f.pool), AdmitUnknown: settings.UnknownUsers == "viewer", DefaultRole: settings.DefaultRole,
	}
	if resolver.DefaultRole == "none" {
		resolver.DefaultRole = ""
	}
	for _, m := range settings.Mappings {
		resolver.Mappings = append(resolver.Mappings, signin.Mapping{
			Provider: m.Provider, Group: m.Group, MemberOf: m.MemberOf, Role: m.Role, CatalogGroup: m.CatalogGroup,
		})
	}
	return web.New(web.Options{
		Providers: providers, Resolver: resolver, Sessions: f.signin.sessions, Seal: f.signin.seal,
		Throttle: throttle.New(f.redis.Client), Identities: signinpg.NewIdentities(f.pool), Audit: f.audit, Logger: f.logger,
		Cookie: f.signin.cookie(), Secure: f.signin.secure, Proxies: f.proxies, AllowedOrigins: f.settings.AllowedOrigins,
	})
}

// newProviders makes the providers of the settings, in the order: OpenID Connect, GitHub, Google, SAML, LDAP.
func newProviders(f *foundation) (all []signin.Provider, err error) {
	makers := []func(*foundation) ([]signin.Provider, error){oidcProviders, githubProviders, googleProviders, samlProviders, ldapProviders}
	for _, make := range makers {
		made, err := make(f)
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	return all, nil
}

// callback is where a provider sends the browser back to.
func callback(f *foundation, name, last string) string {
	return strings.TrimSuffix(f.settings.SignIn.PublicURL, "/") + "/auth/" + name + "/" + last
}

func oidcProviders(f *foundation) (all []signin.Provider, err error) {
	for _, p := range f.settings.SignIn.OIDC {
		secret, err := secretOf(p.Name, p.ClientSecret, p.ClientSecretFile)
		if err != nil {
			return nil, err
		}
		all = append(all, oidc.New(oidc.Settings{
			Name: p.Name, Title: p.Title, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: secret,
			RedirectURL: callback(f, p.Name, "callback"), Scopes: or(p.Scopes, "profile", "email"), LoginClaim: p.LoginClaim,
			GroupsClaim: p.GroupsClaim, Attributes: p.Attributes, Match: or(p.Match, "email"),
		}))
	}
	return all, nil
}

func githubProviders(f *foundation) (all []signin.Provider, err error) {
	for _, p := range f.settings.SignIn.GitHub {
		secret, err := secretOf(p.Name, p.ClientSecret, p.ClientSecretFile)
		if err != nil {
			return nil, err
		}
		all = append(all, github.New(github.Settings{
			Name: p.Name, Title: p.Title, URL: p.URL, APIURL: p.APIURL, ClientID: p.ClientID, ClientSecret: secret,
			RedirectURL: callback(f, p.Name, "callback"), Organizations: p.Organizations,
			Match: or(p.Match, "annotation:github.com/user-login", "email"),
		}))
	}
	return all, nil
}

// googleProviders are OpenID Connect providers whose accounts belong to domains.
func googleProviders(f *foundation) (all []signin.Provider, err error) {
	for _, p := range f.settings.SignIn.Google {
		secret, err := secretOf(p.Name, p.ClientSecret, p.ClientSecretFile)
		if err != nil {
			return nil, err
		}
		all = append(all, oidc.New(oidc.Settings{
			Name: p.Name, Title: p.Title, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: secret,
			RedirectURL: callback(f, p.Name, "callback"), Scopes: []string{"profile", "email"}, LoginClaim: "email",
			HostedDomains: p.HostedDomains, Match: or(p.Match, "annotation:google.com/user-id", "email"),
		}))
	}
	return all, nil
}

func samlProviders(f *foundation) (all []signin.Provider, err error) {
	for _, p := range f.settings.SignIn.SAML {
		var metadata []byte
		if p.MetadataFile != "" {
			if metadata, err = os.ReadFile(p.MetadataFile); err != nil {
				return nil, fmt.Errorf("setting signin.saml %s: %w", p.Name, err)
			}
		}
		provider, err := saml.New(saml.Settings{
			Name: p.Name, Title: p.Title, Metadata: metadata, MetadataURL: p.MetadataURL, EntityID: callback(f, p.Name, "metadata"),
			AcsURL: callback(f, p.Name, "acs"), IDPInitiated: p.IDPInitiated, LoginAttribute: p.LoginAttribute,
			EmailAttribute: p.EmailAttribute, GroupAttribute: p.GroupAttribute, Attributes: p.Attributes, Match: or(p.Match, "email"),
		}, throttle.NewReplays(f.redis.Client))
		if err != nil {
			return nil, err
		}
		all = append(all, provider)
	}
	return all, nil
}

func ldapProviders(f *foundation) (all []signin.Provider, err error) {
	for _, p := range f.settings.SignIn.LDAP {
		provider, err := ldapProvider(p)
		if err != nil {
			return nil, err
		}
		all = append(all, provider)
	}
	return all, nil
}

func ldapProvider(p config.LDAPProvider) (signin.Provider, error) {
	secret, err := secretOf(p.Name, p.BindPassword, p.BindPasswordFile)
	if err != nil {
		return nil, err
	}
	var roots *x509.CertPool
	if p.CAFile != "" {
		text, err := os.ReadFile(p.CAFile)
		if err != nil {
			return nil, fmt.Errorf("setting signin.ldap %s: %w", p.Name, err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("setting signin.ldap %s: ca_file holds no certificate", p.Name)
		}
	}
	return ldap.New(ldap.Settings{
		Name: p.Name, Title: p.Title, URL: p.URL, StartTLS: p.StartTLS, AllowPlaintext: p.AllowPlaintext, Roots: roots,
		BindDN: p.BindDN, BindPassword: secret, BaseDN: p.BaseDN, UserFilter: p.UserFilter, GroupBaseDN: p.GroupBaseDN,
		GroupFilter: p.GroupFilter, GroupName: p.GroupName, GroupDepth: p.GroupDepth, LoginAttribute: p.LoginAttribute,
		EmailAttribute: p.EmailAttribute, Attributes: p.Attributes, Match: or(p.Match, "login", "email"),
	})
}

// or gives a list, or, where it is empty, what stands for it.
func or(list []string, otherwise ...string) []string {
	if len(list) == 0 {
		return otherwise
	}
	return list
}

// maxSecretFile bounds a file with a secret, in bytes.
const maxSecretFile = 16 << 10

// secretOf gives a secret from the settings or from a file.
func secretOf(provider string, secret telemetry.Secret, file string) (string, error) {
	if file == "" {
		return secret.Reveal(), nil
	}
	if secret.IsSet() {
		return "", fmt.Errorf("setting signin %s: has a secret and a file with one", provider)
	}
	text, err := os.ReadFile(file)
	if err == nil && len(text) > maxSecretFile {
		err = errors.New("it is too long")
	}
	if err != nil {
		return "", fmt.Errorf("setting signin %s: read the file with the secret: %w", provider, err)
	}
	return strings.TrimSpace(string(text)), nil
}
