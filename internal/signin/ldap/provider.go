package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin"
)

// Settings are those of one directory.
type Settings struct {
	Name, Title string
	// URL is ldap://host:389 or ldaps://host:636.
	URL            string
	StartTLS       bool
	AllowPlaintext bool
	// Roots are the authorities that are trusted; nil is the system's.
	Roots *x509.CertPool

	BindDN, BindPassword string
	BaseDN               string
	// UserFilter finds a person; {login} stands for what they typed.
	UserFilter string
	// GroupFilter finds the groups of {dn}, below GroupBaseDN ("" is BaseDN).
	GroupBaseDN, GroupFilter, GroupName string
	// GroupDepth is how deep groups may lie in groups.
	GroupDepth                     int
	LoginAttribute, EmailAttribute string
	Attributes                     []string
	Match                          []string
}

// Bounds of a sign-in.
const (
	timeout   = 10 * time.Second
	maxLogin  = 256
	maxSecret = 1024
	maxGroups = 1000
)

// Provider is a directory. It implements [signin.PasswordChecker].
type Provider struct {
	settings Settings
	host     string
	secure   bool
}

// New makes a provider, or says what of the settings cannot be.
func New(settings Settings) (*Provider, error) {
	where, err := url.Parse(settings.URL)
	if err != nil || where.Host == "" || (where.Scheme != "ldap" && where.Scheme != "ldaps") {
		return nil, fmt.Errorf("setting signin.ldap %s: url must be ldap://host:port or ldaps://host:port", settings.Name)
	}
	if where.Scheme == "ldap" && !settings.StartTLS && !settings.AllowPlaintext {
		return nil, fmt.Errorf("setting signin.ldap %s: passwords would be sent without encryption: use ldaps://, start_tls or allow_plaintext", settings.Name)
	}
	if settings.GroupBaseDN == "" {
		settings.GroupBaseDN = settings.BaseDN
	}
	return &Provider{settings, where.Hostname(), where.Scheme == "ldaps"}, nil
}

// Name implements [signin.Provider].
func (p *Provider) Name() string { return p.settings.Name }

// Title implements [signin.Provider].
func (p *Provider) Title() string { return p.settings.Title }

// Match implements [signin.Provider].
func (p *Provider) Match() []string { return p.settings.Match }

// Check implements [signin.PasswordChecker].
func (p *Provider) Check(ctx context.Context, login, password string) (signin.Identity, error) {
	const op = "ldap.Check"
	if login == "" || password == "" || len(login) > maxLogin || len(password) > maxSecret || strings.ContainsRune(login, 0) {
		return signin.Identity{}, signin.Refused(op, errors.New("the login or the password is empty, or too long"))
	}
	conn, err := p.connect(ctx)
	if err != nil {
		return signin.Identity{}, err
	}
	defer func() { _ = conn.Close() }()
	person, err := p.find(conn, login)
	if err != nil {
		return signin.Identity{}, err
	}
	if err := conn.Bind(person.DN, password); err != nil {
		return signin.Identity{}, refusedOrDown(op, err, "the password is wrong")
	}
	// Groups are read with the rights that found the person.
	if err := p.bind(conn); err != nil {
		return signin.Identity{}, err
	}
	groups, err := p.groups(conn, person.DN)
	if err != nil {
		return signin.Identity{}, err
	}
	return p.identity(person, groups), nil
}

// connect opens a connection over which secrets may be sent, bound for searching.
func (p *Provider) connect(ctx context.Context) (*ldap.Conn, error) {
	config := &tls.Config{ServerName: p.host, RootCAs: p.settings.Roots, MinVersion: tls.VersionTLS12}
	dialer := &net.Dialer{Timeout: timeout}
	if deadline, ok := ctx.Deadline(); ok {
		dialer.Deadline = deadline
	}
	conn, err := ldap.DialURL(p.settings.URL, ldap.DialWithDialer(dialer), ldap.DialWithTLSConfig(config))
	if err != nil {
		return nil, fault.Unavailable("ldap.connect", err)
	}
	conn.SetTimeout(timeout)
	if !p.secure && p.settings.StartTLS {
		err = conn.StartTLS(config)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fault.Unavailable("ldap.connect", err)
	}
	if err := p.bind(conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (p *Provider) bind(conn *ldap.Conn) error {
	if p.settings.BindDN == "" {
		return nil
	}
	if err := conn.Bind(p.settings.BindDN, p.settings.BindPassword); err != nil {
		return fault.Unavailable("ldap.bind", errors.New("the directory does not accept bind_dn"))
	}
	return nil
}

// find gives the one person of a login.
func (p *Provider) find(conn *ldap.Conn, login string) (*ldap.Entry, error) {
	const op = "ldap.find"
	filter := strings.ReplaceAll(p.settings.UserFilter, "{login}", ldap.EscapeFilter(login))
	attributes := slices.Concat([]string{p.settings.LoginAttribute, p.settings.EmailAttribute, "entryUUID", "objectGUID"}, p.settings.Attributes)
	found, err := conn.Search(ldap.NewSearchRequest(p.settings.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		2, int(timeout.Seconds()), false, filter, attributes, nil))
	if err != nil {
		return nil, refusedOrDown(op, err, "the search for the person was refused")
	}
	if len(found.Entries) != 1 || found.Entries[0].DN == "" {
		return nil, signin.Refused(op, fmt.Errorf("%d entries have this login", len(found.Entries)))
	}
	return found.Entries[0], nil
}

// groups gives the groups of a person, and those that these lie in, up to the depth of the settings.
func (p *Provider) groups(conn *ldap.Conn, dn string) (names []string, err error) {
	seen := map[string]bool{strings.ToLower(dn): true}
	level := []string{dn}
	for depth := 0; depth < p.settings.GroupDepth && len(level) > 0; depth++ {
		var next []string
		for _, member := range level {
			found, err := p.groupsOf(conn, member)
			if err != nil {
				return nil, err
			}
			for _, group := range found {
				if key := strings.ToLower(group.DN); !seen[key] && len(seen) <= maxGroups {
					seen[key] = true
					next = append(next, group.DN)
					names = append(names, group.GetAttributeValue(p.settings.GroupName))
				}
			}
		}
		level = next
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (p *Provider) groupsOf(conn *ldap.Conn, dn string) ([]*ldap.Entry, error) {
	filter := strings.ReplaceAll(p.settings.GroupFilter, "{dn}", ldap.EscapeFilter(dn))
	found, err := conn.Search(ldap.NewSearchRequest(p.settings.GroupBaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases,
		maxGroups, int(timeout.Seconds()), false, filter, []string{p.settings.GroupName}, nil))
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		return nil, nil
	}
	if err != nil {
		return nil, refusedOrDown("ldap.groups", err, "the search for groups was refused")
	}
	return found.Entries, nil
}

func (p *Provider) identity(person *ldap.Entry, groups []string) signin.Identity {
	who := signin.Identity{
		Provider: p.settings.Name, ID: strings.ToLower(person.DN), Login: person.GetAttributeValue(p.settings.LoginAttribute),
		Email: person.GetAttributeValue(p.settings.EmailAttribute), Groups: groups, Attributes: map[string]string{},
	}
	if id := person.GetAttributeValue("entryUUID"); id != "" {
		who.ID = id
	} else if raw := person.GetRawAttributeValue("objectGUID"); len(raw) > 0 {
		who.ID = fmt.Sprintf("%x", raw)
	}
	for _, name := range p.settings.Attributes {
		if value := person.GetAttributeValue(name); value != "" {
			who.Attributes[name] = value
		}
	}
	return who
}

// refusedOrDown tells what the directory refuses from a directory that does not answer. The directory's own words are
// left out: they may quote what was typed.
func refusedOrDown(op string, err error, reason string) error {
	if ldap.IsErrorWithCode(err, ldap.ErrorNetwork) || ldap.IsErrorAnyOf(err, ldap.LDAPResultBusy, ldap.LDAPResultUnavailable) {
		return fault.Unavailable(op, errors.New("the directory does not answer"))
	}
	return signin.Refused(op, errors.New(reason))
}
