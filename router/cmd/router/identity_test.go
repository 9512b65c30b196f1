package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/golang-jwt/jwt/v5"
)

const guardedSDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated", "@requiresScopes", "@policy"])
type Query { open: Int  me: Int @authenticated  pay: Int @requiresScopes(scopes: [["money"]])  rule: Int @policy(policies: [["admin"]]) }
`

const issuer = "https://issuer.example"

// keySet is a place of keys that changes and fails.
type keySet struct {
	*httptest.Server
	text  atomic.Value
	asked atomic.Int32
}

func newKeySet(t *testing.T) *keySet {
	k := &keySet{}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		k.asked.Add(1)
		_, _ = io.WriteString(w, k.text.Load().(string))
	}))
	t.Cleanup(k.Close)
	return k
}

// publish makes the only key of the set.
func (k *keySet) publish(id string) ed25519.PrivateKey {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	k.text.Store(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"` + id + `","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}]}`)
	return private
}

// token signs claims of a valid token, changed.
func token(t *testing.T, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	said := jwt.MapClaims{
		"iss": issuer, "aud": "shop", "sub": "canary-subject", "exp": time.Now().Add(time.Hour).Unix(),
		"scope": "money", "realm": map[string]any{"roles": []string{"admin"}},
	}
	change(said, claims)
	made := jwt.NewWithClaims(method, said)
	made.Header["kid"] = "a"
	change(made.Header, header)
	text, err := made.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func change(of, by map[string]any) {
	for name, value := range by {
		if of[name] = value; value == nil {
			delete(of, name)
		}
	}
}

func serveGuarded(t *testing.T, keys *keySet) (s *served, seen *atomic.Value) {
	t.Helper()
	seen = &atomic.Value{}
	subgraph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r.Header.Get("Authorization"))
		says(200, `{"data":{"open":1,"me":2,"pay":3,"rule":4}}`)(w, r)
	}))
	t.Cleanup(subgraph.Close)
	folder := t.TempDir()
	write(t, folder, "a.graphql", guardedSDL)
	config := write(t, folder, "s.yaml", "subgraphs:\n  a:\n    routing_url: "+subgraph.URL+"\n    schema: {file: a.graphql}\n")
	out := filepath.Join(folder, "supergraph.graphql")
	if status, _, complaints := command(t, nil, "", "compose", "--config", config, "--out", out); status != 0 {
		t.Fatal(complaints)
	}
	settings := write(t, folder, "settings.yaml", "jwt:\n  issuers: {\""+issuer+"\": \""+keys.URL+"\"}\n  audiences: [shop]\n  policies_claim: realm.roles\n  forward: true\n")
	s = &served{t: t}
	s.start([]string{"--supergraph", out, "--config", settings})
	return s, seen
}

func (s *served) as(token string) (int, string) {
	s.t.Helper()
	r, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.address, strings.NewReader(`{"query":"{open me pay rule}"}`))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// initialise opens a websocket and gives what answers its init.
func (s *served) initialise(token string) (*websocket.Conn, string, error) {
	s.t.Helper()
	conn, _, err := websocket.Dial(s.t.Context(), s.address, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	init, _ := json.Marshal(map[string]any{"type": "connection_init", "payload": map[string]string{"authorization": "Bearer " + token}})
	if err := conn.Write(s.t.Context(), websocket.MessageText, init); err != nil {
		s.t.Fatal(err)
	}
	_, text, err := conn.Read(s.t.Context())
	return conn, string(text), err
}

func TestServe_decides_by_tokens(t *testing.T) {
	t.Parallel()
	keys := newKeySet(t)
	key := keys.publish("a")
	s, seen := serveGuarded(t, keys)
	ed := jwt.SigningMethodEdDSA
	good := token(t, ed, key, nil, nil)
	const all = `{"data":{"open":1,"me":2,"pay":3,"rule":4}}`
	if status, body := s.as(good); status != 200 || body != all || seen.Load() != "Bearer "+good {
		t.Errorf("a good token: %d %s", status, body)
	}
	if _, body := s.as(""); !strings.Contains(body, `"me":null,"pay":null,"rule":null`) || !strings.Contains(body, "UNAUTHENTICATED") {
		t.Errorf("no token: %s", body)
	}
	if _, body := s.as(token(t, ed, key, nil, map[string]any{"scope": "x", "realm": 1})); !strings.Contains(body, `"me":2,"pay":null,"rule":null`) {
		t.Errorf("no scope and no role: %s", body)
	}
	other := (&keySet{}).publish("a")
	for name, bad := range map[string]string{
		"none":              token(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, nil),
		"a public key HMAC": token(t, jwt.SigningMethodHS256, []byte(key.Public().(ed25519.PublicKey)), nil, nil),
		"another's key":     token(t, ed, other, nil, nil),
		"kid traversal":     token(t, ed, key, map[string]any{"kid": "../../a"}, nil),
		"kid of no text":    token(t, ed, key, map[string]any{"kid": 1}, nil),
		"crit":              token(t, ed, key, map[string]any{"crit": []string{"x"}}, nil),
		"another type":      token(t, ed, key, map[string]any{"typ": "logout+jwt"}, nil),
		"no issuer":         token(t, ed, key, nil, map[string]any{"iss": nil}),
		"another issuer":    token(t, ed, key, nil, map[string]any{"iss": "https://other.example"}),
		"no audience":       token(t, ed, key, nil, map[string]any{"aud": nil}),
		"another audience":  token(t, ed, key, nil, map[string]any{"aud": "bank"}),
		"no exp":            token(t, ed, key, nil, map[string]any{"exp": nil}),
		"expired":           token(t, ed, key, nil, map[string]any{"exp": 1}),
		"not yet":           token(t, ed, key, nil, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}),
		"no subject":        token(t, ed, key, nil, map[string]any{"sub": nil}),
		"a dot flood":       strings.Repeat(".", 7000),
		"too long":          good + strings.Repeat("x", 9000),
		"nothing":           "x",
	} {
		if status, body := s.as(bad); status != 401 || !strings.Contains(body, `"code":"UNAUTHENTICATED"`) || strings.Contains(body, "canary") || strings.Contains(body, bad) && len(bad) > 1 {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if _, text, err := s.initialise(bad); websocket.CloseStatus(err) != 4403 {
			t.Errorf("%s on a websocket: %s %v", name, text, err)
		}
	}
	conn, ack, err := s.initialise(token(t, ed, key, nil, map[string]any{"exp": time.Now().Add(3 * time.Second).Unix()}))
	if err != nil || ack != `{"type":"connection_ack"}` {
		t.Fatal(ack, err)
	}
	if _, _, err := conn.Read(t.Context()); websocket.CloseStatus(err) != 4403 {
		t.Errorf("at exp: %v", err)
	}
}

func TestServe_follows_keys_and_keeps_them(t *testing.T) {
	t.Parallel()
	keys := newKeySet(t)
	keys.publish("a")
	s, _ := serveGuarded(t, keys)
	next := keys.publish("b")
	good := token(t, jwt.SigningMethodEdDSA, next, map[string]any{"kid": "b"}, nil)
	for range 5 {
		if status, body := s.as(good); status != 200 {
			t.Errorf("after a rotation: %d %s", status, body)
		}
	}
	keys.text.Store("nonsense")
	for range 5 {
		if status, _ := s.as(token(t, jwt.SigningMethodEdDSA, next, map[string]any{"kid": "c"}, nil)); status != 401 {
			t.Errorf("an unknown key: %d", status)
		}
	}
	if asked := keys.asked.Load(); asked > 3 {
		t.Errorf("the keys were asked for %d times", asked)
	}
	keys.Close()
	if status, body := s.as(token(t, jwt.SigningMethodEdDSA, next, map[string]any{"kid": "b"}, nil)); status != 200 {
		t.Errorf("while the place of the keys is away: %d %s", status, body)
	}
}
