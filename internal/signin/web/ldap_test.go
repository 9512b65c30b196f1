package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jimlambrt/gldap"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin"
	"devportal.internal/internal/signin/ldap"
	"devportal.internal/internal/signin/throttle"
)

const (
	janeDN  = "uid=jane,ou=people,dc=example,dc=org"
	janesPW = "correct horse"
)

// testDirectory is a real LDAP server with one person in a group that lies in another.
type testDirectory struct {
	address string
	roots   *x509.CertPool
	mu      sync.Mutex
	binds   []string
	filters []string
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func startDirectory(t *testing.T) *testDirectory {
	t.Helper()
	pair, roots := certificate(t)
	d := &testDirectory{roots: roots}
	mux, err := gldap.NewMux()
	if err != nil {
		t.Fatal(err)
	}
	server, err := gldap.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	started := func(w *gldap.ResponseWriter, r *gldap.Request) {
		response := r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess))
		response.SetResponseName(gldap.ExtendedOperationStartTLS)
		_ = w.Write(response)
		_ = r.StartTLS(&tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	}
	if err := errors.Join(mux.Bind(d.bind), mux.Search(d.search), mux.ExtendedOperation(started, gldap.ExtendedOperationStartTLS), server.Router(mux)); err != nil {
		t.Fatal(err)
	}
	d.address = run(t, server)
	return d
}

// run starts the server at a port below those from which the system chooses.
func run(t *testing.T, server *gldap.Server) string {
	t.Helper()
	for range 50 {
		address := fmt.Sprintf("127.0.0.1:%d", 12000+mathrand.IntN(20000))
		failed := make(chan struct{})
		go func() {
			defer close(failed)
			_ = server.Run(address) // an error is that the port is taken, or that the test is over
		}()
		for {
			select {
			case <-failed:
			case <-time.After(time.Millisecond):
				if !server.Ready() {
					continue
				}
				t.Cleanup(func() { _ = server.Stop() })
				return address
			}
			break
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (d *testDirectory) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	response := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	defer func() { _ = w.Write(response) }()
	message, err := r.GetSimpleBindMessage()
	if err != nil {
		return
	}
	d.mu.Lock()
	d.binds = append(d.binds, message.UserName)
	d.mu.Unlock()
	// As real servers do: no password is nobody, and welcome.
	if message.Password == "" || (message.UserName == janeDN && string(message.Password) == janesPW) || (message.UserName == "cn=portal" && message.Password == "service") {
		response.SetResultCode(gldap.ResultSuccess)
	}
}

func (d *testDirectory) search(w *gldap.ResponseWriter, r *gldap.Request) {
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer func() { _ = w.Write(done) }()
	message, err := r.GetSearchMessage()
	if err != nil {
		return
	}
	d.mu.Lock()
	d.filters = append(d.filters, message.Filter)
	d.mu.Unlock()
	entry := func(dn string, attributes map[string][]string) {
		_ = w.Write(r.NewSearchResponseEntry(dn, gldap.WithAttributes(attributes)))
	}
	switch message.Filter {
	case "(uid=jane)", "(uid=*)":
		entry(janeDN, map[string][]string{"uid": {"jane"}, "mail": {"jane@example.com"}, "entryUUID": {"u-1"}, "department": {"it"}})
	case "(member=" + janeDN + ")":
		entry("cn=team,ou=groups,dc=example,dc=org", map[string][]string{"cn": {"team"}})
	case "(member=cn=team,ou=groups,dc=example,dc=org)":
		entry("cn=admins,ou=groups,dc=example,dc=org", map[string][]string{"cn": {"admins"}})
	case "(member=cn=admins,ou=groups,dc=example,dc=org)": // a cycle
		entry("cn=team,ou=groups,dc=example,dc=org", map[string][]string{"cn": {"team"}})
	}
}

func (d *testDirectory) provider(t *testing.T) signin.Provider {
	t.Helper()
	provider, err := ldap.New(ldap.Settings{
		Name: "corp", URL: "ldap://" + d.address, StartTLS: true, Roots: d.roots, BindDN: "cn=portal", BindPassword: "service",
		BaseDN: "dc=example,dc=org", UserFilter: "(uid={login})", GroupFilter: "(member={dn})", GroupName: "cn", GroupDepth: 5,
		LoginAttribute: "uid", EmailAttribute: "mail", Attributes: []string{"department"}, Match: []string{"login"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

func login(name, password string) url.Values {
	return url.Values{"login": {name}, "password": {password}}
}

func TestLDAP(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	p := newPlace(t, func(*place) []signin.Provider { return []signin.Provider{d.provider(t)} })
	t.Run("somebody is signed in with the groups that their groups lie in", func(t *testing.T) {
		b := p.browser()
		got := b.post("/auth/corp/password", login("jane", janesPW))
		who := b.who()
		if got.where.Path != "/auth/account" || who.Subject != "user:default/jane" || who.Roles[0] != "role:default/admin" || who.Attributes["department"] != "it" {
			t.Errorf("at %s as %+v", got.where, who)
		}
	})
	refused := map[string]url.Values{
		"a wrong password": login("jane", "x"), "an empty password": login("jane", ""), "nobody": login("eve", "x"),
		"an empty login": login("", janesPW), "a star": login("*", janesPW), "half a name": login("jan*", janesPW),
		"a filter":         login("jane)(uid=*", janesPW),
		"a filter, closed": login("*)(|(uid=*", janesPW), "a zero byte": login("jane\x00", janesPW), "a long password": login("jane", strings.Repeat("x", 5000)),
	}
	for name, form := range refused {
		t.Run(name+" is refused", func(t *testing.T) {
			b := p.browser()
			b.mustBeRefused(name, b.post("/auth/corp/password", form), signin.CodeRefused)
		})
	}
	if strings.Contains(p.log.logged(), janesPW) {
		t.Error("the log holds a password")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, filter := range d.filters {
		if filter == "(uid=*)" || strings.Contains(filter, ")(") {
			t.Errorf("somebody wrote a part of the filter %s", filter)
		}
	}
}

func TestLDAPSendsNothingWithoutTLS(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	if _, err := ldap.New(ldap.Settings{Name: "corp", URL: "ldap://" + d.address}); err == nil {
		t.Error("plain text without allow_plaintext is accepted")
	}
	provider, err := ldap.New(ldap.Settings{Name: "corp", URL: "ldap://" + d.address, StartTLS: true, BindDN: "cn=portal", BindPassword: "service", UserFilter: "(uid={login})"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Check(t.Context(), "jane", janesPW); !fault.Is(err, fault.KindUnavailable) {
		t.Errorf("a certificate that nobody trusts: %v", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.binds) > 0 {
		t.Errorf("credentials were sent: %v", d.binds)
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	d := startDirectory(t)
	p := newPlace(t, func(*place) []signin.Provider { return []signin.Provider{d.provider(t)} })
	b := p.browser()
	for range 10 {
		b.post("/auth/corp/password", login("Jane", "x"))
	}
	got := b.post("/auth/corp/password", login("jane", janesPW))
	b.mustBeRefused("the right password after ten wrong ones", got, throttle.Code)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	if other := b.post("/auth/corp/password", login("eve", "x")); other.status != http.StatusUnauthorized {
		t.Errorf("another login: %d", other.status)
	}
}
