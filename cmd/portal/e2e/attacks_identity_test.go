package e2e_test

import (
	"bufio"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devportal.internal/internal/auth"
)

// attackWithHeaders is a viewer who says in headers that they are somebody else.
func attackWithHeaders(t *testing.T, v victim) {
	token := v.token(t, "user:default/vera.kowal", "viewer")
	body := []byte(`{"query":"query Me { viewer { user { ref } roles } entity(ref: \"component:default/fraud-scoring\") { ref } }"}`)
	honest := v.send(t, http.MethodPost, "/graphql", map[string]string{"Content-Type": jsonType, "Authorization": "Bearer " + token}, body)
	if honest.status != http.StatusOK || !strings.Contains(honest.body, "user:default/vera.kowal") || !strings.Contains(honest.body, `"entity":null`) {
		t.Fatalf("a viewer is answered with %d %s", honest.status, honest.body)
	}
	names := []string{
		"X-User", "X-User-Id", "X-Forwarded-User", "X-Remote-User", "Remote-User", "X-Auth-Request-User", "X-Principal", "X-Portal-User",
		"X-Roles", "X-Portal-Roles", "X-Groups", "X-Internal-Token", "X-Original-Url", "X-Http-Method-Override", "Proxy-Authorization",
	}
	for _, name := range names {
		headers := map[string]string{"Content-Type": jsonType, "Authorization": "Bearer " + token, name: "user:default/robin.vale"}
		if got := v.send(t, http.MethodPost, "/graphql", headers, body); got.body != honest.body {
			t.Errorf("with %s the answer is %s", name, got.body)
		}
		if conn, _ := v.dial(t, map[string]string{name: "user:default/robin.vale", "X-Forwarded-For": "10.0.0.1"}); conn != nil && !refusedAtInit(t, conn, map[string]any{name: "user:default/robin.vale", "user": "user:default/robin.vale"}) {
			t.Errorf("with %s a websocket through a proxy is welcomed without a credential", name)
		}
	}
	for _, hop := range []string{"Authorization", "Authorization, X-User", "close, Authorization", "Host"} {
		headers := map[string]string{"Content-Type": jsonType, "Authorization": "Bearer " + token, "Connection": hop}
		if got := v.send(t, http.MethodPost, "/graphql", headers, body); got.body != honest.body {
			t.Errorf("with Connection: %s the answer is %d %s", hop, got.status, got.body)
		}
	}
	attackFraming(t, v, token)
}

// attackFraming sends requests whose credentials or ends can be read in two ways.
func attackFraming(t *testing.T, v victim, token string) {
	const query = `{"query":"{ viewer { user { ref } } }"}`
	head := "POST /graphql HTTP/1.1\r\nHost: " + v.listen + "\r\nContent-Type: application/json\r\n"
	smuggled := fmt.Sprintf("GET /graphql?query=%%7B__typename%%7D HTTP/1.1\r\nHost: %s\r\n\r\n", v.listen)
	tests := map[string]string{
		"two credentials":     head + "Authorization: Bearer " + token + "\r\nAuthorization: Bearer x\r\nContent-Length: " + fmt.Sprint(len(query)) + "\r\n\r\n" + query,
		"a length and chunks": head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(query), query) + smuggled,
		"two lengths":         head + "Content-Length: 4\r\nContent-Length: 40\r\n\r\n" + query + smuggled,
		"chunks twice":        head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
		"a folded header":     head + "X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
		"a space in a name":   head + "Content-Length : 40\r\n\r\n" + query + smuggled,
		"two hosts":           "GET /graphql?query=%7B__typename%7D HTTP/1.1\r\nHost: " + v.listen + "\r\nHost: evil.example\r\n\r\n",
	}
	for name, text := range tests {
		if answers := v.raw(t, text); answers > 1 {
			t.Errorf("%s: %d answers to one request", name, answers)
		}
	}
}

// raw sends bytes and counts the responses until the server ends the connection or says no more.
func (c client) raw(t testing.TB, text string) (answers int) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", c.listen, answerTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(3 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		return 0
	}
	reader := bufio.NewReader(conn)
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return answers
		}
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		response.Body.Close()
		if strings.Contains(text, "Authorization") && strings.Contains(string(body), secretOfTheUser) {
			t.Errorf("a credential that is not clear is answered with %s", body)
		}
		answers++
	}
}

// forger signs what the portal would not.
type forger struct {
	t   testing.TB
	key ed25519.PrivateKey
	id  string
	pub []byte
}

func newForger(t testing.TB, file string) forger {
	t.Helper()
	ring, err := auth.ReadKeyFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := ring.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return forger{t, key.(ed25519.PrivateKey), ring.IDs()[0], ring.PublicPEM()}
}

func (f forger) part(value any) string {
	f.t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		f.t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (f forger) sign(header, claims map[string]any) string {
	signed := f.part(header) + "." + f.part(claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(f.key, []byte(signed)))
}

func (f forger) hmac(header, claims map[string]any, key []byte) string {
	signed := f.part(header) + "." + f.part(claims)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// read gives the parts of a token that the portal made.
func (f forger) read(token string) (header, claims map[string]any) {
	f.t.Helper()
	for i, target := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
		if err != nil {
			f.t.Fatal(err)
		}
		if err := json.Unmarshal(raw, target); err != nil {
			f.t.Fatal(err)
		}
	}
	return header, claims
}

// but changes a member, or removes it.
func but(base map[string]any, name string, value any) map[string]any {
	changed := map[string]any{}
	for key, old := range base {
		changed[key] = old
	}
	if changed[name] = value; value == nil {
		delete(changed, name)
	}
	return changed
}

// forgeries are tokens that must not be accepted, made from a good one with the very key that the portal signs with.
func forgeries(t testing.TB, keyFile, good string) map[string]string {
	f := newForger(t, keyFile)
	h, c := f.read(good)
	if again := f.sign(h, c); again != good && len(again) < 50 {
		t.Fatal("the forger cannot sign")
	}
	parts := strings.Split(good, ".")
	public, _ := pem.Decode(f.pub)
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other := forger{t, stranger, f.id, nil}
	return map[string]string{
		"no algorithm":                     f.part(but(h, "alg", "none")) + "." + parts[1] + ".",
		"no algorithm, in capitals":        f.part(but(h, "alg", "nOnE")) + "." + parts[1] + "." + parts[2],
		"the public key as a secret":       f.hmac(but(h, "alg", "HS256"), c, f.pub),
		"the raw public key as a secret":   f.hmac(but(h, "alg", "HS256"), c, public.Bytes),
		"an empty secret":                  f.hmac(but(h, "alg", "HS256"), c, nil),
		"a path as the key's id":           f.hmac(but(but(h, "alg", "HS256"), "kid", "../../../../../../dev/null"), c, nil),
		"a path as the key's id, signed":   f.sign(but(h, "kid", "../"+f.id), c),
		"no key id":                        f.sign(but(h, "kid", nil), c),
		"a list as the key's id":           f.sign(but(h, "kid", []string{f.id}), c),
		"a key in the header":              other.sign(but(but(h, "kid", "x"), "jwk", map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(stranger.Public().(ed25519.PublicKey))}), c),
		"a key on the web":                 other.sign(but(h, "jku", "http://127.0.0.1/keys"), c),
		"another key":                      other.sign(h, c),
		"an unknown demand":                f.sign(but(but(h, "crit", []string{"b64"}), "b64", false), c),
		"no audience":                      f.sign(h, but(c, "aud", nil)),
		"another audience":                 f.sign(h, but(c, "aud", "somebody")),
		"no issuer":                        f.sign(h, but(c, "iss", nil)),
		"another issuer":                   f.sign(h, but(c, "iss", "https://evil.example")),
		"no expiry":                        f.sign(h, but(c, "exp", nil)),
		"an expiry that is no number":      f.sign(h, but(c, "exp", "tomorrow")),
		"an expiry of 1e300":               f.sign(h, but(c, "exp", json.Number("1e300"))),
		"a past expiry":                    f.sign(h, but(c, "exp", 1)),
		"a future start":                   f.sign(h, but(c, "nbf", time.Now().Add(time.Hour).Unix())),
		"no subject":                       f.sign(h, but(c, "sub", nil)),
		"a subject with a line break":      f.sign(h, but(c, "sub", "user:default/x\nlevel=ERROR")),
		"another type":                     f.sign(but(h, "typ", "JWT"), c),
		"other claims":                     parts[0] + "." + f.part(but(c, "roles", []string{"role:default/admin"})) + "." + parts[2],
		"a signature cut off":              parts[0] + "." + parts[1] + ".",
		"four parts":                       good + ".x",
		"only dots":                        strings.Repeat(".", 20_000),
		"no token at all":                  "undefined",
		"padding that some decoders allow": good + "==",
	}
}

// attackWithTokens sends forged tokens by every way that carries one.
func attackWithTokens(t *testing.T, v victim) {
	good := v.token(t, "user:default/vera.kowal", "viewer")
	if got := (client{listen: v.listen, token: good}).ask(t, me, nil); len(got.Errors) > 0 {
		t.Fatalf("the good token is refused: %v", got.Errors)
	}
	all := forgeries(t, filepath.Join(v.folder, "keys", "client-tokens.pem"), good)
	all["a token between router and subgraph"] = internalToken(t, v.folder, "catalog")
	body := []byte(`{"query":"{ viewer { user { ref } } }"}`)
	for name, token := range all {
		headers := map[string]string{"Content-Type": jsonType, "Authorization": "Bearer " + token}
		v.send(t, http.MethodPost, "/graphql", headers, body).mustBe(t, name, http.StatusUnauthorized)
		v.send(t, http.MethodPost, "/graphql", with(headers, "Accept", "text/event-stream"), body).mustBe(t, name+", for events", http.StatusUnauthorized)
		if conn, status := v.dial(t, nil); conn == nil || !refusedAtInit(t, conn, map[string]any{"Authorization": "Bearer " + token}) {
			t.Errorf("%s: welcomed on a websocket (%d)", name, status)
		}
	}
	long := map[string]string{"Content-Type": jsonType, "Authorization": "Bearer " + strings.Repeat("a", 60_000)}
	v.send(t, http.MethodPost, "/graphql", long, body).mustBe(t, "a token of 60 KB", http.StatusUnauthorized)
}

// internalToken is what the router of a data folder would send to a subgraph, for an admin.
func internalToken(t testing.TB, folder, subgraph string) string {
	t.Helper()
	keys, err := auth.ReadKeyFile(filepath.Join(folder, "keys", "internal-tokens.pem"))
	if err != nil {
		t.Fatal(err)
	}
	principal := auth.NewPrincipal(auth.Principal{Subject: "user:default/robin.vale", Roles: []string{"admin"}, Expiry: time.Now().Add(time.Hour)})
	authorization, _, err := auth.NewMinter(keys, time.Minute).Sign(auth.NewContext(t.Context(), principal), subgraph)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(authorization, "Bearer ")
}
