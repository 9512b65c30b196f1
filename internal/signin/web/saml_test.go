package web_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"html"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/crewjam/saml/samlidp"

	"devportal.internal/internal/signin"
	portalsaml "devportal.internal/internal/signin/saml"
)

// identityProvider is a real SAML identity provider.
type identityProvider struct {
	*samlidp.Server
	url string
}

func newIdentityProvider(t *testing.T) *identityProvider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	where, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	idp, err := samlidp.New(samlidp.Options{
		URL: *where, Key: key, Certificate: certificate, Store: &samlidp.MemoryStore{}, Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = idp
	return &identityProvider{idp, server.URL}
}

func (idp *identityProvider) put(t *testing.T, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, idp.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Fatalf("PUT %s: %d", path, response.StatusCode)
	}
}

// withSAML is a portal and an identity provider that know each other by their metadata.
func withSAML(t *testing.T, idpInitiated bool) (*place, *identityProvider) {
	t.Helper()
	idp := newIdentityProvider(t)
	p := newPlace(t, func(p *place) []signin.Provider {
		provider, err := portalsaml.New(portalsaml.Settings{
			Name: "corp", MetadataURL: idp.url + "/metadata", EntityID: p.url + "/auth/corp/metadata", AcsURL: p.url + "/auth/corp/acs",
			IDPInitiated: idpInitiated, LoginAttribute: "uid", EmailAttribute: "mail", GroupAttribute: "eduPersonAffiliation", Match: []string{"email"},
		}, p.replays)
		if err != nil {
			t.Fatal(err)
		}
		return []signin.Provider{provider}
	})
	metadata := p.browser().open("/auth/corp/metadata")
	if metadata.status != http.StatusOK || xml.Unmarshal([]byte(metadata.body), &saml.EntityDescriptor{}) != nil {
		t.Fatalf("metadata: %d %s", metadata.status, metadata.body)
	}
	idp.put(t, "/services/portal", metadata.body)
	idp.put(t, "/users/jane", `{"name":"jane","password":"pw","email":"jane@example.com","groups":["admins"]}`)
	idp.put(t, "/shortcuts/portal", `{"service_provider":"`+p.url+`/auth/corp/metadata"}`)
	return p, idp
}

var hiddenInput = regexp.MustCompile(`name="(SAMLResponse|SAMLRequest|RelayState)" value="([^"]*)"`)

// hidden gives the hidden inputs of a page.
func hidden(body string) url.Values {
	form := url.Values{}
	for _, found := range hiddenInput.FindAllStringSubmatch(body, -1) {
		form.Set(found[1], html.UnescapeString(found[2]))
	}
	return form
}

// answerFor goes to the identity provider, signs in there, and gives what the browser is to post to the portal.
func (b *browser) answerFor(idp *identityProvider, path string) url.Values {
	b.p.t.Helper()
	if strings.Contains(path, "/login/") {
		b.read(b.PostForm(idp.url+"/login", url.Values{"user": {"jane"}, "password": {"pw"}}))
	}
	page := b.open(path)
	form := hidden(page.body)
	if form.Get("SAMLResponse") == "" {
		form.Set("user", "jane")
		form.Set("password", "pw")
		form = hidden(b.read(b.PostForm(idp.url+"/sso", form)).body)
	}
	if form.Get("SAMLResponse") == "" {
		b.p.t.Fatalf("the identity provider gives no answer: %s", page.body)
	}
	return form
}

func TestSAML(t *testing.T) {
	t.Parallel()
	t.Run("somebody who begins at the portal is signed in, once", func(t *testing.T) {
		t.Parallel()
		p, idp := withSAML(t, false)
		b := p.browser()
		form := b.answerFor(idp, "/auth/corp/start?return_to=/auth/sign-in")
		if got := b.post("/auth/corp/acs", form); got.where.Path != "/auth/sign-in" || b.who().Subject != "user:default/jane" || b.who().Roles[0] != "role:default/admin" {
			t.Fatalf("at %s as %+v: %s %s", got.where, b.who(), got.body, p.log.logged())
		}
		other := p.browser()
		other.mustBeRefused("the answer in another browser", other.post("/auth/corp/acs", form), signin.CodeRefused)
	})
	t.Run("somebody who begins at the identity provider is refused unless that is allowed", func(t *testing.T) {
		t.Parallel()
		p, idp := withSAML(t, false)
		b := p.browser()
		b.mustBeRefused("IdP-initiated", b.post("/auth/corp/acs", b.answerFor(idp, idp.url+"/login/portal")), signin.CodeRefused)
	})
	t.Run("where it is allowed, an answer comes once, and is to no request", func(t *testing.T) {
		t.Parallel()
		p, idp := withSAML(t, true)
		b := p.browser()
		form := b.answerFor(idp, idp.url+"/login/portal")
		if b.post("/auth/corp/acs", form); b.who().Subject != "user:default/jane" {
			t.Fatalf("not signed in: %s", p.log.logged())
		}
		again := p.browser()
		again.mustBeRefused("a replay", again.post("/auth/corp/acs", form), signin.CodeRefused)
		asked := p.browser().answerFor(idp, "/auth/corp/start")
		again.mustBeRefused("the answer to another browser's request", again.post("/auth/corp/acs", asked), signin.CodeRefused)
	})
	t.Run("what is not signed as it is read is refused", func(t *testing.T) {
		t.Parallel()
		p, idp := withSAML(t, true)
		good := p.browser().answerFor(idp, idp.url+"/login/portal")
		raw, err := base64.StdEncoding.DecodeString(good.Get("SAMLResponse"))
		if err != nil {
			t.Fatal(err)
		}
		for name, forged := range forgedAnswers(t, string(raw)) {
			b := p.browser()
			form := url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(forged))}}
			b.mustBeRefused(name, b.post("/auth/corp/acs", form), signin.CodeRefused)
		}
		foreign, otherIDP := withSAML(t, true)
		form := foreign.browser().answerFor(otherIDP, otherIDP.url+"/login/portal")
		b := p.browser()
		b.mustBeRefused("another identity provider", b.post("/auth/corp/acs", form), signin.CodeRefused)
		b.post("/auth/corp/acs", good)
		if b.who().Subject != "user:default/jane" {
			t.Error("the good answer is refused after the forged ones")
		}
	})
}

var (
	assertion = regexp.MustCompile(`(?s)<saml:Assertion.*</saml:Assertion>`)
	signature = regexp.MustCompile(`(?s)<ds:Signature .*?</ds:Signature>`)
)

// forgedAnswers are the known ways to have another element read than the one that is signed.
func forgedAnswers(t *testing.T, good string) map[string]string {
	t.Helper()
	signed := assertion.FindString(good)
	if signed == "" || !signature.MatchString(good) || !strings.Contains(signed, "jane@example.com") {
		t.Fatalf("there is nothing to forge in %s", good)
	}
	evil := strings.NewReplacer("jane", "eve", ` ID="`, ` ID="evil`).Replace(signature.ReplaceAllString(signed, ""))
	in := func(text string) string { return strings.Replace(good, signed, text, 1) }
	return map[string]string{
		"no signature":                       signature.ReplaceAllString(good, ""),
		"another name":                       strings.ReplaceAll(good, "jane@example.com", "eve@example.com"),
		"an evil assertion before":           in(evil + signed),
		"an evil assertion after":            in(signed + evil),
		"the good one within the evil one":   in(strings.Replace(evil, "</saml:Assertion>", signed+"</saml:Assertion>", 1)),
		"the good one within an extension":   in(evil + "<samlp:Extensions>" + signed + "</samlp:Extensions>"),
		"the evil one within the good one":   in(strings.Replace(signed, "</saml:Assertion>", evil+"</saml:Assertion>", 1)),
		"the good one within a signature":    in(strings.Replace(evil, "</saml:Assertion>", "<ds:Signature><ds:Object>"+signed+"</ds:Object></ds:Signature></saml:Assertion>", 1)),
		"a comment in the name":              strings.Replace(good, "jane@example.com", "jane@example.com<!-- -->.evil.com", 1),
		"an entity":                          `<!DOCTYPE x [<!ENTITY a "b">]>` + good,
		"a file":                             `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>` + strings.Replace(good, "jane@example.com", "&a;", 1),
		"a bomb":                             `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>` + strings.Replace(good, "jane@example.com", "&b;", 1),
		"two signatures in one assertion":    in(strings.Replace(signed, "<ds:Signature ", signature.FindString(signed)+"<ds:Signature ", 1)),
		"another place to post to":           strings.ReplaceAll(good, "/auth/corp/acs", "/auth/evil/acs"),
		"nothing":                            "",
		"something that is no XML":           "{}",
		"an element that is no response":     "<a/>",
		"XML that reads differently later":   strings.Replace(good, "<saml:Assertion", "<x:y xmlns:x=\"\"/><saml:Assertion", 1),
		"elements as deep as the form holds": strings.Repeat("<a>", 100_000),
	}
}
