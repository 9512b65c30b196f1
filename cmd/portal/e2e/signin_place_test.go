package e2e_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/oauth2-proxy/mockoidc"

	"devportal.internal/internal/signin/seal"
	"devportal.internal/schema"
)

// organisation is where people sign in: a portal over the examples, with an OpenID Connect provider beside it.
type organisation struct {
	url       string // where browsers reach the portal
	transport http.RoundTripper
	provider  *mockoidc.MockOIDC
	processes []*process
	known     bool   // who is not in the catalog is refused
	folder    string // whose files may be registered

	database string   // its URL, where it is not the portal's own
	beside   []string // flags of commands that work on the same database
}

// newProvider starts an OpenID Connect provider.
func newProvider(t *testing.T) *mockoidc.MockOIDC {
	t.Helper()
	provider, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Shutdown() })
	return provider
}

// signInSettings are the settings of a portal over the example organisation in which people sign in with a provider.
func signInSettings(t *testing.T, provider *mockoidc.MockOIDC, public, unknown, folder string) string {
	t.Helper()
	return fmt.Sprintf(`file_roots: ['%[1]s/examples', '%[7]s']
catalog: {locations: [{type: file, target: %[1]s/examples/catalog-info.yaml}]}
access: {policies: %[1]s/examples/access/policies.csv, conditions: %[1]s/examples/access/conditions.yaml, development_user: user:default/robin.vale}
signin:
  public_url: %[2]s
  unknown_users: %[3]s
  mappings: [{provider: corp, group: operators, role: admin}]
  oidc: [{name: corp, title: Sign in with Corp, issuer: '%[4]s', client_id: '%[5]s', client_secret: '%[6]s', scopes: [profile, email, groups]}]
`, root(t), public, unknown, provider.Issuer(), provider.ClientID, provider.ClientSecret, folder)
}

// writeSettings writes a file of settings that its owner alone can read.
func writeSettings(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// organisationInOneProcess is `portal serve`, reached without TLS on a loopback address; who is unknown is refused.
func organisationInOneProcess(t *testing.T) *organisation {
	t.Helper()
	data, provider := t.TempDir(), newProvider(t)
	listen, admin := freeAddress(t), freeAddress(t)
	file := writeSettings(t, data, "portal.yaml", signInSettings(t, provider, "http://"+listen, "refuse", data))
	p := launch(t, "serve", "--config", file, "--data", filepath.Join(data, "data"), "--listen", listen, "--admin-listen", admin, "--log-level", "debug")
	p.listen, p.admin = listen, admin
	p.awaitReady()
	return &organisation{url: "http://" + listen, transport: http.DefaultTransport, provider: provider, processes: []*process{p}, known: true, folder: data}
}

// organisationInParts is `portal router` behind a proxy that ends TLS, over the subgraphs that sign-in needs, as processes of
// their own; who is unknown is a viewer.
func organisationInParts(t *testing.T) *organisation {
	t.Helper()
	data, provider := t.TempDir(), newProvider(t)
	listen, admin := freeAddress(t), freeAddress(t)
	proxy := tlsProxy(t, listen)
	private, public := internalKeys(t, data)
	database := databaseURL(t)
	shared := []string{
		"--database-url", database, "--redis-url", "redis://" + miniredis.RunT(t).Addr(), "--token-key-file", filepath.Join(data, "tokens.pem"),
		"--signin-encryption-key-file", writeSettings(t, data, "encryption.key", newEncryptionKey(t)), "--log-level", "debug",
	}
	settings := signInSettings(t, provider, proxy.URL, "viewer", data)
	file := writeSettings(t, data, "portal.yaml", settings)
	part := func(name string, args ...string) []string {
		return append(append(args, "--data", filepath.Join(data, name)), shared...)
	}
	prints(t, part("migrate", "migrate", "--config", file, "--token-internal-key-file", private)...)
	o := &organisation{url: proxy.URL, transport: proxy.Client().Transport, provider: provider, folder: data, database: database}
	o.beside = part("command", "--config", file)
	var urls []string
	for _, name := range schema.Subgraphs() {
		ports := freeAddress(t)
		urls = append(urls, fmt.Sprintf("  - {name: %s, url: 'http://%s/graphql'}", name, ports))
		if name != "catalog" && name != "portal" {
			continue // nobody asks it anything
		}
		p := launch(t, part(name, "subgraph", name, "--config", file, "--subgraphs-listen", ports, "--admin-listen", freeAddress(t), "--token-internal-key-file", public)...)
		p.admin = p.cmd.Args[slices.Index(p.cmd.Args, "--admin-listen")+1]
		o.processes = append(o.processes, p)
	}
	for _, p := range o.processes {
		p.awaitReady()
	}
	file = writeSettings(t, data, "router.yaml", settings+"trusted_proxies: [127.0.0.0/8]\nsubgraphs:\n  urls:\n"+indent(urls)+"\n")
	router := launch(t, part("router", "router", "--config", file, "--listen", listen, "--admin-listen", admin, "--token-internal-key-file", private)...)
	router.listen, router.admin = listen, admin
	router.awaitReady()
	o.processes = append(o.processes, router)
	return o
}

// newEncryptionKey is a key that signing keys are encrypted with.
func newEncryptionKey(t *testing.T) string {
	t.Helper()
	key := make([]byte, 32)
	_, _ = rand.Read(key)
	text := base64.StdEncoding.EncodeToString(key)
	if _, err := seal.Parse(text); err != nil {
		t.Fatal(err)
	}
	return text
}

// tlsProxy ends TLS in front of an address, as a load balancer does.
func tlsProxy(t *testing.T, address string) *httptest.Server {
	t.Helper()
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = "http", address
		r.SetXForwarded()
	}})
	t.Cleanup(proxy.Close)
	return proxy
}

// logged is all that the processes printed.
func (o *organisation) logged() string {
	var all strings.Builder
	for _, p := range o.processes {
		all.WriteString(p.output.String())
	}
	return all.String()
}

// host is the host of the portal, with its port.
func (o *organisation) host(t testing.TB) string {
	t.Helper()
	parsed, err := url.Parse(o.url)
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Host
}
