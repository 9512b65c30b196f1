package jwt_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	gojwt "github.com/golang-jwt/jwt/v5"

	"devportal.internal/router/jwt"
	"devportal.internal/router/transport"
)

const (
	issuer = "https://issuer.example"
	canary = "canary"
)

// signer signs by one algorithm.
type signer struct {
	algorithm string
	private   crypto.Signer
}

// newSigner makes a key for an algorithm.
func newSigner(t testing.TB, algorithm string) signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch algorithm {
	case "EdDSA":
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case "ES256":
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		private, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		private, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return signer{algorithm, private}
}

// jwk is the public key as a JSON Web Key, changed.
func (s signer) jwk(t testing.TB, id string, changed map[string]any) map[string]any {
	t.Helper()
	encoded := base64.RawURLEncoding.EncodeToString
	made := map[string]any{"kid": id}
	switch public := s.private.Public().(type) {
	case ed25519.PublicKey:
		maps.Copy(made, map[string]any{"kty": "OKP", "crv": "Ed25519", "x": encoded(public)})
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := len(point) / 2
		maps.Copy(made, map[string]any{"kty": "EC", "crv": public.Params().Name, "x": encoded(point[1 : 1+half]), "y": encoded(point[1+half:])})
	case *rsa.PublicKey:
		maps.Copy(made, map[string]any{"kty": "RSA", "n": encoded(public.N.Bytes()), "e": encoded(big.NewInt(int64(public.E)).Bytes())})
	}
	maps.Copy(made, changed)
	return made
}

// token signs the claims of a valid token, changed; nil takes a claim away.
func (s signer) token(t testing.TB, algorithm, id string, changed map[string]any) string {
	t.Helper()
	said := gojwt.MapClaims{"iss": issuer, "aud": "shop", "sub": "user", "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range changed {
		if said[name] = value; value == nil {
			delete(said, name)
		}
	}
	made := gojwt.NewWithClaims(gojwt.GetSigningMethod(algorithm), said)
	if id != "" {
		made.Header["kid"] = id
	}
	text, err := made.SignedString(s.private)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func setOf(t testing.TB, keys ...map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func fileOf(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// open makes a verifier of the issuer's tokens, with keys at a place.
func open(t testing.TB, place string, change func(*jwt.Options)) *jwt.Verifier {
	t.Helper()
	options := jwt.Options{Issuers: map[string]string{issuer: place}, Audiences: []string{"shop"}}
	if change != nil {
		change(&options)
	}
	v, err := jwt.New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// as authenticates a request with headers.
func as(t testing.TB, v *jwt.Verifier, init string, headers ...string) (transport.Caller, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	_, caller, err := v.Authenticate(t.Context(), r, json.RawMessage(init))
	return caller, err
}

// accepts says whether a token is accepted. A refusal must not repeat the token.
func accepts(t testing.TB, v *jwt.Verifier, token string) bool {
	t.Helper()
	caller, err := as(t, v, "", "Authorization", "Bearer "+token)
	if err != nil && len(token) > 8 && strings.Contains(err.Error(), token) {
		t.Errorf("the error repeats the token: %v", err)
	}
	if caller.SignedIn != (err == nil) {
		t.Errorf("signed in: %t, error: %v", caller.SignedIn, err)
	}
	return err == nil
}

func TestVerifier_knows_every_algorithm_by_keys_of_its_own_kind(t *testing.T) {
	t.Parallel()
	signers := map[string]signer{}
	var keys []map[string]any
	for _, algorithm := range jwt.Algorithms() {
		s, known := signers["RS256"], strings.HasPrefix(algorithm, "RS") || strings.HasPrefix(algorithm, "PS")
		if !known || s.private == nil {
			s = newSigner(t, algorithm)
			if known {
				signers["RS256"] = s
			}
		}
		s.algorithm = algorithm
		signers[algorithm] = s
		keys = append(keys, s.jwk(t, algorithm, map[string]any{"alg": algorithm, "use": "sig"}))
	}
	v := open(t, fileOf(t, setOf(t, keys...)), nil)
	strict := open(t, fileOf(t, setOf(t, keys...)), func(o *jwt.Options) { o.Algorithms = []string{"ES256"} })
	others := map[string]string{}
	for i, algorithm := range jwt.Algorithms() {
		others[algorithm] = jwt.Algorithms()[(i+1)%len(jwt.Algorithms())]
	}
	for algorithm, s := range signers {
		good := s.token(t, algorithm, algorithm, nil)
		for _, time := range []string{"first", "second"} {
			if !accepts(t, v, good) {
				t.Errorf("%s is refused the %s time", algorithm, time)
			}
		}
		if accepts(t, strict, good) != (algorithm == "ES256") {
			t.Errorf("%s where ES256 alone is accepted", algorithm)
		}
		dot := strings.LastIndexByte(good, '.') + 1
		for name, bad := range map[string]string{
			"no signature":          good[:dot],
			"another signature":     good[:dot] + newSigner(t, algorithm).token(t, algorithm, algorithm, nil)[dot:],
			"padding":               good + "=",
			"another key's id":      s.token(t, algorithm, others[algorithm], nil),
			"claims that it signed": good[:strings.IndexByte(good, '.')+1] + strings.Split(s.token(t, algorithm, algorithm, map[string]any{"sub": "root"}), ".")[1] + good[dot-1:],
		} {
			if accepts(t, v, bad) {
				t.Errorf("%s with %s is accepted", algorithm, name)
			}
		}
	}
	if accepts(t, v, signers["RS256"].token(t, "RS512", "RS256", nil)) {
		t.Error("a key is used for another algorithm than its own")
	}
}

func TestVerifier_believes_claims_within_its_bounds(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "EdDSA")
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	v := open(t, fileOf(t, setOf(t, s.jwk(t, "", nil))), func(o *jwt.Options) {
		o.Leeway, o.Audiences, o.Now = time.Minute, []string{"shop", "bank"}, func() time.Time { return now }
	})
	for name, c := range map[string]struct {
		claims map[string]any
		good   bool
	}{
		"as it should be":          {nil, true},
		"expired within leeway":    {map[string]any{"exp": at(-50 * time.Second)}, true},
		"expired beyond leeway":    {map[string]any{"exp": at(-70 * time.Second)}, false},
		"soon within leeway":       {map[string]any{"nbf": at(50 * time.Second)}, true},
		"soon beyond leeway":       {map[string]any{"nbf": at(70 * time.Second)}, false},
		"the other audience":       {map[string]any{"aud": "bank"}, true},
		"one of several audiences": {map[string]any{"aud": []string{"x", "bank"}}, true},
		"no audience of ours":      {map[string]any{"aud": []string{"x", "y"}}, false},
		"an audience of no text":   {map[string]any{"aud": 1}, false},
		"an empty audience":        {map[string]any{"aud": ""}, false},
		"no end":                   {map[string]any{"exp": nil}, false},
		"an end of no number":      {map[string]any{"exp": "tomorrow"}, false},
		"an end beyond all time":   {map[string]any{"exp": 1e300}, false},
		"an empty subject":         {map[string]any{"sub": ""}, false},
		"a subject of no text":     {map[string]any{"sub": []string{"user"}}, false},
		"an issuer of no text":     {map[string]any{"iss": []string{issuer}}, false},
		"an issuer almost ours":    {map[string]any{"iss": issuer + "/"}, false},
	} {
		token := s.token(t, "EdDSA", "", c.claims)
		for _, time := range []string{"first", "second"} {
			if accepts(t, v, token) != c.good {
				t.Errorf("%s is not %t the %s time", name, c.good, time)
			}
		}
	}
	end := at(-50 * time.Second)
	caller, err := as(t, v, "", "Authorization", "bearer "+s.token(t, "EdDSA", "", map[string]any{"exp": end, "scope": "b a", "scp": []string{"c", "a"}}))
	if err != nil || !caller.Expires.Equal(time.Unix(end, 0).Add(time.Minute)) || !slices.Equal(caller.Scopes, []string{"a", "b", "c"}) {
		t.Errorf("%+v, %v", caller, err)
	}
}

func TestVerifier_ends_a_token_that_it_remembers(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "EdDSA")
	var passed atomic.Int64
	v := open(t, fileOf(t, setOf(t, s.jwk(t, "a", nil))), func(o *jwt.Options) {
		o.Now = func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	})
	token := s.token(t, "EdDSA", "a", map[string]any{"exp": time.Now().Add(time.Minute).Unix()})
	if !accepts(t, v, token) {
		t.Fatal("it is refused at once")
	}
	passed.Store(int64(2 * time.Minute))
	if accepts(t, v, token) {
		t.Error("it is accepted after its end")
	}
}

func TestVerifier_follows_a_file_of_keys(t *testing.T) {
	t.Parallel()
	old, next := newSigner(t, "ES256"), newSigner(t, "EdDSA")
	path := fileOf(t, setOf(t, old.jwk(t, "a", nil)))
	before, after := old.token(t, "ES256", "a", nil), next.token(t, "EdDSA", "b", nil)
	synctest.Test(t, func(t *testing.T) {
		v := open(t, path, nil)
		go v.Watch(t.Context(), time.Minute)
		if !accepts(t, v, before) || accepts(t, v, after) {
			t.Error("the first keys do not count")
		}
		if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second)
		if !accepts(t, v, before) {
			t.Error("keys are not kept while the file is broken")
		}
		if err := os.WriteFile(path, []byte(setOf(t, next.jwk(t, "b", nil))), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(61 * time.Second)
		if accepts(t, v, before) || !accepts(t, v, after) {
			t.Error("a key that was withdrawn counts, or the new one does not")
		}
	})
}

func TestVerifier_takes_only_keys_that_fit(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "ES256")
	good := s.jwk(t, "a", nil)
	small, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // a key that must not be accepted
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no JSON":              "x",
		"no set":               `{"a":1}`,
		"an empty set":         `{"keys":[]}`,
		"a shared secret":      `{"keys":[{"kty":"oct","k":"AAAA"}]}`,
		"for encryption":       setOf(t, s.jwk(t, "a", map[string]any{"use": "enc"})),
		"for signing alone":    setOf(t, s.jwk(t, "a", map[string]any{"key_ops": []string{"sign"}})),
		"of another algorithm": setOf(t, s.jwk(t, "a", map[string]any{"alg": "RS256"})),
		"not on its curve":     setOf(t, s.jwk(t, "a", map[string]any{"y": good["x"]})),
		"of another curve":     setOf(t, s.jwk(t, "a", map[string]any{"crv": "P-384"})),
		"RSA of 1024 bits":     setOf(t, signer{"RS256", small}.jwk(t, "a", nil)),
		"too many":             setOf(t, slices.Repeat([]map[string]any{good}, 101)...),
		"too large":            setOf(t, s.jwk(t, strings.Repeat("x", 300<<10), nil)),
	} {
		_, err := jwt.New(t.Context(), jwt.Options{Issuers: map[string]string{issuer: fileOf(t, text)}, Audiences: []string{"shop"}})
		if err == nil || !strings.Contains(err.Error(), issuer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	v := open(t, fileOf(t, setOf(t, map[string]any{"kty": "future"}, good)), nil)
	if !accepts(t, v, s.token(t, "ES256", "a", nil)) || !accepts(t, v, s.token(t, "ES256", "", nil)) {
		t.Error("a set with a key of an unknown kind is of no use")
	}
	twice := open(t, fileOf(t, setOf(t, good, s.jwk(t, "b", nil))), nil)
	if accepts(t, twice, s.token(t, "ES256", "", nil)) {
		t.Error("a token that does not name its key is accepted where two could have signed it")
	}
}

func TestVerifier_takes_the_token_from_where_it_is_told_to(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "EdDSA")
	place := fileOf(t, setOf(t, s.jwk(t, "a", nil)))
	token, other := s.token(t, "EdDSA", "a", nil), s.token(t, "EdDSA", "a", map[string]any{"sub": "other"})
	standard, custom := open(t, place, nil), open(t, place, func(o *jwt.Options) { o.Header = "x-shop-token" })
	required := open(t, place, func(o *jwt.Options) { o.Required = true })
	for name, c := range map[string]struct {
		v       *jwt.Verifier
		init    string
		headers []string
		want    string // signed in, nobody or refused
	}{
		"nobody":                              {standard, "", nil, "nobody"},
		"nobody where somebody must be":       {required, "", nil, "refused"},
		"without a scheme":                    {standard, "", []string{"Authorization", token}, "refused"},
		"another scheme":                      {standard, "", []string{"Authorization", "Basic " + token}, "refused"},
		"a scheme alone":                      {standard, "", []string{"Authorization", "Bearer "}, "refused"},
		"an empty header":                     {standard, "", []string{"Authorization", ""}, "refused"},
		"two headers":                         {standard, "", []string{"Authorization", "Bearer " + token, "Authorization", "Bearer " + token}, "refused"},
		"a header of its own":                 {custom, "", []string{"X-Shop-Token", token}, "signed in"},
		"a header of its own with a scheme":   {custom, "", []string{"X-Shop-Token", "Bearer " + token}, "signed in"},
		"Authorization where another is told": {custom, "", []string{"Authorization", "Bearer " + token}, "nobody"},
		"a payload":                           {standard, `{"AUTHORIZATION":"Bearer ` + token + `"}`, nil, "signed in"},
		"a payload before a header":           {standard, `{"authorization":"Bearer x"}`, []string{"Authorization", "Bearer " + token}, "refused"},
		"a payload of another kind":           {standard, `["Bearer ` + token + `"]`, nil, "nobody"},
		"a payload's null":                    {standard, `{"authorization":null}`, []string{"Authorization", "Bearer " + token}, "signed in"},
		"a payload's number":                  {standard, `{"authorization":1}`, []string{"Authorization", "Bearer " + token}, "refused"},
		"two members of a payload":            {standard, `{"authorization":"Bearer ` + token + `","Authorization":"Bearer ` + other + `"}`, nil, "refused"},
	} {
		caller, err := as(t, c.v, c.init, c.headers...)
		got := "nobody"
		if err != nil {
			got = "refused"
		} else if caller.SignedIn {
			got = "signed in"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s: %v", name, got, c.want, err)
		}
	}
}

func TestVerifier_asks_for_unknown_keys_once_in_a_while_and_logs_no_secret(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "EdDSA")
	var asked atomic.Int32
	place := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/elsewhere?"+canary, http.StatusFound)
	}))
	defer place.Close()
	var log bytes.Buffer
	v := open(t, strings.Replace(place.URL, "//", "//user:"+canary+"@", 1)+"/keys?key="+canary, func(o *jwt.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	})
	for range 50 {
		if accepts(t, v, s.token(t, "EdDSA", canary, map[string]any{"sub": canary})) {
			t.Error("a token without a key is accepted")
		}
	}
	if got := asked.Load(); got != 2 {
		t.Errorf("the keys were asked for %d times, want once at the start and once for a token", got)
	}
	if text := log.String(); strings.Contains(text, canary) || !strings.Contains(text, "status 302") {
		t.Errorf("the log says %s", text)
	}
}

func TestNew_refuses_options_that_protect_nothing(t *testing.T) {
	t.Parallel()
	place := fileOf(t, setOf(t, newSigner(t, "EdDSA").jwk(t, "a", nil)))
	for name, change := range map[string]func(*jwt.Options){
		"no issuer":       func(o *jwt.Options) { o.Issuers = nil },
		"no audience":     func(o *jwt.Options) { o.Audiences = nil },
		"empty audience":  func(o *jwt.Options) { o.Audiences = []string{""} },
		"a shared secret": func(o *jwt.Options) { o.Algorithms = []string{"HS256"} },
		"no signature":    func(o *jwt.Options) { o.Algorithms = []string{"none"} },
		"a long leeway":   func(o *jwt.Options) { o.Leeway = time.Hour },
		"a past leeway":   func(o *jwt.Options) { o.Leeway = -1 },
		"no header":       func(o *jwt.Options) { o.Header = "a b" },
		"no file":         func(o *jwt.Options) { o.Issuers = map[string]string{issuer: place + "x"} },
	} {
		options := jwt.Options{Issuers: map[string]string{issuer: place}, Audiences: []string{"shop"}}
		change(&options)
		if _, err := jwt.New(t.Context(), options); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// FuzzAuthenticate sends what is no token of ours: nothing of it is accepted, and nothing breaks.
func FuzzAuthenticate(f *testing.F) {
	s := newSigner(f, "ES256")
	v := open(f, fileOf(f, setOf(f, s.jwk(f, "a", nil))), nil)
	good := newSigner(f, "ES256").token(f, "ES256", "a", nil)
	f.Add("Bearer "+good, "")
	f.Add("", `{"Authorization":"Bearer `+good+`"}`)
	f.Add("Bearer ..", `{"authorization":{}}`)
	f.Fuzz(func(t *testing.T, header, init string) {
		if caller, err := as(t, v, init, "Authorization", header); caller.SignedIn {
			t.Errorf("signed in, %v", err)
		}
	})
}
