package config

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"time"

	"devportal.internal/internal/telemetry"
)

// SignIn says how people sign in. While no provider is configured nobody can.
type SignIn struct {
	PublicURL string `key:"public_url" check:"url" doc:"where browsers reach the portal (https://portal.example.com); needed with a provider; http is for loopback names only"`

	EncryptionKey     telemetry.Secret `key:"encryption_key" doc:"key that signing keys are encrypted with: the base64 of 32 bytes; older ones, which only decrypt, after a comma"`
	EncryptionKeyFile string           `key:"encryption_key_file" path:"yes" doc:"file with encryption_key; empty: one is made in the data folder"`
	KeyRotation       time.Duration    `key:"key_rotation" default:"2160h" check:"positive" doc:"how long a signing key signs"`
	KeyOverlap        time.Duration    `key:"key_overlap" default:"24h" check:"positive" doc:"how long a signing key is good after it has stopped to sign"`

	SessionLimit time.Duration `key:"session_limit" default:"24h" check:"positive" doc:"how long a session lasts at the most"`
	SessionIdle  time.Duration `key:"session_idle" default:"4h" check:"positive" doc:"how long a session lasts without being used"`
	AccessLife   time.Duration `key:"access_life" default:"5m" check:"positive" doc:"how long an access token lives; a refresh token gives the next"`

	UnknownUsers string        `key:"unknown_users" default:"refuse" check:"refuse|viewer" doc:"what happens to somebody who is not in the catalog: refuse, or viewer to let them in as one"`
	DefaultRole  string        `key:"default_role" default:"viewer" doc:"role of everybody who signs in, besides what mappings and policies give; none: no role"`
	Mappings     []RoleMapping `key:"mappings" doc:"what follows from the groups that a provider or the catalog knows"`

	OIDC   []OIDCProvider   `key:"oidc" doc:"OpenID Connect providers"`
	GitHub []GitHubProvider `key:"github" doc:"GitHub, or GitHub Enterprise"`
	Google []GoogleProvider `key:"google" doc:"Google"`
	SAML   []SAMLProvider   `key:"saml" doc:"SAML 2.0 identity providers"`
	LDAP   []LDAPProvider   `key:"ldap" doc:"LDAP directories and Active Directory"`
}

// RoleMapping gives a role, or membership of a catalog group, to who is in a group.
type RoleMapping struct {
	Provider     string `key:"provider" doc:"the provider that knows the group; empty: any"`
	Group        string `key:"group" doc:"a group of the provider"`
	MemberOf     string `key:"member_of" doc:"a group of the catalog (group:default/platform), instead of one of a provider"`
	Role         string `key:"role" doc:"the role that its members have"`
	CatalogGroup string `key:"catalog_group" doc:"the group of the catalog (group:default/platform) that its members belong to"`
}

// OIDCProvider is an OpenID Connect provider.
type OIDCProvider struct {
	Name             string           `key:"name" check:"provider" doc:"name of the provider: its URLs are /auth/NAME/…"`
	Title            string           `key:"title" doc:"what the button says"`
	Issuer           string           `key:"issuer" check:"url" doc:"URL of the issuer"`
	ClientID         string           `key:"client_id" check:"required" doc:"id that the provider knows the portal by"`
	ClientSecret     telemetry.Secret `key:"client_secret" doc:"secret of the client"`
	ClientSecretFile string           `key:"client_secret_file" path:"yes" doc:"file with the secret of the client"`
	Scopes           []string         `key:"scopes" doc:"scopes to ask for, besides openid; empty: profile and email"`
	LoginClaim       string           `key:"login_claim" default:"preferred_username" doc:"claim with the login"`
	GroupsClaim      string           `key:"groups_claim" default:"groups" doc:"claim with the groups"`
	Attributes       []string         `key:"attributes" doc:"claims that become attributes, which policies may ask for"`
	Match            []string         `key:"match" check:"match" doc:"how the catalog's User is found, in this order: annotation:KEY (whose value is the id), email, login; empty: email"`
}

// GitHubProvider is GitHub's OAuth.
type GitHubProvider struct {
	Name             string           `key:"name" default:"github" check:"provider" doc:"name of the provider"`
	Title            string           `key:"title" doc:"what the button says"`
	URL              string           `key:"url" default:"https://github.com" check:"url" doc:"where people sign in"`
	APIURL           string           `key:"api_url" default:"https://api.github.com" check:"url" doc:"where the API is"`
	ClientID         string           `key:"client_id" check:"required" doc:"id of the OAuth app"`
	ClientSecret     telemetry.Secret `key:"client_secret" doc:"secret of the OAuth app"`
	ClientSecretFile string           `key:"client_secret_file" path:"yes" doc:"file with the secret"`
	Organizations    []string         `key:"organizations" doc:"who is a member of none of these is refused; empty: everybody may sign in"`
	Match            []string         `key:"match" check:"match" doc:"how the catalog's User is found; empty: annotation:github.com/user-login, then email"`
}

// GoogleProvider is Google's OpenID Connect.
type GoogleProvider struct {
	Name             string           `key:"name" default:"google" check:"provider" doc:"name of the provider"`
	Title            string           `key:"title" doc:"what the button says"`
	Issuer           string           `key:"issuer" default:"https://accounts.google.com" check:"url" doc:"URL of the issuer"`
	ClientID         string           `key:"client_id" check:"required" doc:"id of the OAuth client"`
	ClientSecret     telemetry.Secret `key:"client_secret" doc:"secret of the OAuth client"`
	ClientSecretFile string           `key:"client_secret_file" path:"yes" doc:"file with the secret"`
	HostedDomains    []string         `key:"hosted_domains" doc:"whose account belongs to none of these Workspace domains is refused; empty: everybody may sign in"`
	Match            []string         `key:"match" check:"match" doc:"how the catalog's User is found; empty: annotation:google.com/user-id, then email"`
}

// SAMLProvider is a SAML 2.0 identity provider.
type SAMLProvider struct {
	Name           string   `key:"name" check:"provider" doc:"name of the provider"`
	Title          string   `key:"title" doc:"what the button says"`
	MetadataURL    string   `key:"metadata_url" check:"url" doc:"where the metadata of the identity provider are; or metadata_file"`
	MetadataFile   string   `key:"metadata_file" path:"yes" doc:"file with the metadata of the identity provider"`
	IDPInitiated   bool     `key:"idp_initiated" doc:"let people begin at the identity provider"`
	LoginAttribute string   `key:"login_attribute" doc:"attribute with the login; empty: the NameID"`
	EmailAttribute string   `key:"email_attribute" default:"email" doc:"attribute with the e-mail address"`
	GroupAttribute string   `key:"group_attribute" default:"groups" doc:"attribute with the groups"`
	Attributes     []string `key:"attributes" doc:"attributes that policies may ask for"`
	Match          []string `key:"match" check:"match" doc:"how the catalog's User is found; empty: email"`
}

// LDAPProvider is a directory.
type LDAPProvider struct {
	Name             string           `key:"name" check:"provider" doc:"name of the provider"`
	Title            string           `key:"title" doc:"what the form says"`
	URL              string           `key:"url" check:"required" doc:"ldap://host:389 or ldaps://host:636"`
	StartTLS         bool             `key:"start_tls" doc:"encrypt an ldap:// connection before anything is sent"`
	AllowPlaintext   bool             `key:"allow_plaintext" doc:"send passwords without encryption: for a test on this machine only"`
	CAFile           string           `key:"ca_file" path:"yes" doc:"certificates of the authorities that are trusted for it; empty: the system's"`
	BindDN           string           `key:"bind_dn" doc:"whom to search as; empty: nobody"`
	BindPassword     telemetry.Secret `key:"bind_password" doc:"password of bind_dn"`
	BindPasswordFile string           `key:"bind_password_file" path:"yes" doc:"file with the password of bind_dn"`
	BaseDN           string           `key:"base_dn" check:"required" doc:"below which people are"`
	UserFilter       string           `key:"user_filter" default:"(&(objectClass=person)(|(uid={login})(sAMAccountName={login})))" doc:"how a person is found; {login} stands for what they typed"`
	GroupBaseDN      string           `key:"group_base_dn" doc:"below which groups are; empty: base_dn"`
	GroupFilter      string           `key:"group_filter" default:"(|(member={dn})(uniqueMember={dn}))" doc:"how the groups of {dn}, a person or a group, are found"`
	GroupName        string           `key:"group_name" default:"cn" doc:"attribute with the name of a group"`
	GroupDepth       int              `key:"group_depth" default:"5" check:"positive" doc:"how deep groups may lie in groups"`
	LoginAttribute   string           `key:"login_attribute" default:"uid" doc:"attribute with the login (sAMAccountName in Active Directory)"`
	EmailAttribute   string           `key:"email_attribute" default:"mail" doc:"attribute with the e-mail address"`
	Attributes       []string         `key:"attributes" doc:"attributes that policies may ask for"`
	Match            []string         `key:"match" check:"match" doc:"how the catalog's User is found; empty: login, then email"`
}

// HasProvider reports whether anybody can sign in.
func (s SignIn) HasProvider() bool { return len(s.providerNames()) > 0 }

func (s SignIn) providerNames() (names []string) {
	for _, p := range s.OIDC {
		names = append(names, p.Name)
	}
	for _, p := range s.GitHub {
		names = append(names, p.Name)
	}
	for _, p := range s.Google {
		names = append(names, p.Name)
	}
	for _, p := range s.SAML {
		names = append(names, p.Name)
	}
	for _, p := range s.LDAP {
		names = append(names, p.Name)
	}
	return names
}

// validate checks what holds between settings.
func (s SignIn) validate() error {
	names := s.providerNames()
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("setting signin: there are two providers of the name %s", name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if s.PublicURL == "" {
		return errors.New("setting signin.public_url: must be set where there is a provider")
	}
	public, err := url.Parse(s.PublicURL)
	if err != nil || (public.Path != "" && public.Path != "/") || public.RawQuery != "" || public.User != nil {
		return errors.New("setting signin.public_url: must be scheme, host and port alone")
	}
	if public.Scheme == "http" && !isLoopback(public.Hostname()) {
		return errors.New("setting signin.public_url: must be https, but for a loopback name")
	}
	for _, p := range s.SAML {
		if (p.MetadataURL == "") == (p.MetadataFile == "") {
			return fmt.Errorf("setting signin.saml %s: must have metadata_url or metadata_file", p.Name)
		}
	}
	if err := s.checkTrusted(); err != nil {
		return err
	}
	for i, m := range s.Mappings {
		if (m.Group == "") == (m.MemberOf == "") || (m.Role == "" && m.CatalogGroup == "") {
			return fmt.Errorf("setting signin.mappings item %d: must name a group or member_of, and a role or catalog_group", i+1)
		}
	}
	return nil
}

// checkTrusted refuses to believe what comes from a provider without TLS, except on this machine.
func (s SignIn) checkTrusted() error {
	where := map[string]string{}
	for _, p := range s.OIDC {
		where["signin.oidc "+p.Name+" issuer"] = p.Issuer
		if p.Issuer == "" {
			return fmt.Errorf("setting signin.oidc %s: must have an issuer", p.Name)
		}
	}
	for _, p := range s.Google {
		where["signin.google "+p.Name+" issuer"] = p.Issuer
	}
	for _, p := range s.GitHub {
		where["signin.github "+p.Name+" url"], where["signin.github "+p.Name+" api_url"] = p.URL, p.APIURL
	}
	for _, p := range s.SAML {
		where["signin.saml "+p.Name+" metadata_url"] = p.MetadataURL
	}
	for _, name := range slices.Sorted(maps.Keys(where)) {
		parsed, err := url.Parse(where[name])
		if err != nil || (parsed.Scheme == "http" && !isLoopback(parsed.Hostname())) {
			return fmt.Errorf("setting %s: must be https, but for a loopback name", name)
		}
	}
	return nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

var (
	providerName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	matchRule    = regexp.MustCompile(`^(email|login|annotation:[A-Za-z0-9./_-]{1,200})$`)
)

func checkProvider(text string) error {
	if !providerName.MatchString(text) || slices.Contains([]string{"sign-in", "sign-out", "token", "account"}, text) {
		return errors.New("must be a short name of lower-case letters, digits and dashes, and none of sign-in, sign-out, token, account")
	}
	return nil
}

func checkMatch(text string) error {
	if !matchRule.MatchString(text) {
		return errors.New("must be email, login or annotation:KEY")
	}
	return nil
}
