package auth_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

func newKeys(t testing.TB) *auth.KeyRing {
	t.Helper()
	keys, err := auth.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func alice() auth.Principal {
	return auth.NewPrincipal(auth.Principal{
		Subject: "user:default/alice", Groups: []string{"group:default/b", "group:default/a"}, Roles: []string{"viewer"},
		Attributes: map[string]string{"site": "oslo"},
	})
}

func issue(t testing.TB, tokens *auth.Tokens, ttl time.Duration) string {
	t.Helper()
	token, err := tokens.Issue(alice(), ttl)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestClientToken(t *testing.T) {
	t.Parallel()
	t.Run("it says who was issued it", func(t *testing.T) {
		t.Parallel()
		tokens := auth.NewTokens(newKeys(t))
		got, err := tokens.Verify(issue(t, tokens, time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(alice(), got, cmpopts.IgnoreUnexported(auth.Principal{}), cmpopts.IgnoreFields(auth.Principal{}, "Expiry", "ID")); diff != "" {
			t.Error(diff)
		}
		if got.ID == "" || time.Until(got.Expiry) > time.Hour || got.Key() != alice().Key() {
			t.Errorf("id %q, expiry %s", got.ID, got.Expiry)
		}
	})
	t.Run("it ends at its expiry, also when it was verified before", func(t *testing.T) {
		t.Parallel()
		now := time.Unix(1_800_000_000, 0)
		tokens := auth.NewTokensAt(newKeys(t), func() time.Time { return now })
		token := issue(t, tokens, time.Minute)
		if _, err := tokens.Verify(token); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
		for range 2 {
			if _, err := tokens.Verify(token); fault.Code(err) != auth.CodeTokenExpired {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("its life and its user are checked", func(t *testing.T) {
		t.Parallel()
		tokens := auth.NewTokens(newKeys(t))
		for _, ttl := range []time.Duration{0, -time.Hour, 1000 * 24 * time.Hour} {
			if _, err := tokens.Issue(alice(), ttl); !fault.Is(err, fault.KindInvalid) {
				t.Errorf("%s: %v", ttl, err)
			}
		}
		if _, err := tokens.Issue(auth.Principal{Subject: "alice"}, time.Hour); !fault.Is(err, fault.KindInvalid) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a key of an old ring still verifies", func(t *testing.T) {
		t.Parallel()
		older, newer := newKeys(t), newKeys(t)
		text, err := newer.PrivatePEM()
		if err != nil {
			t.Fatal(err)
		}
		both, err := auth.ParseKeys(append(text, older.PublicPEM()...))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := auth.NewTokens(both).Verify(issue(t, auth.NewTokens(older), time.Hour)); err != nil {
			t.Error(err)
		}
	})
}

// forge signs any header and claims with the ring's private key.
func forge(t testing.TB, keys *auth.KeyRing, header, claims map[string]any) string {
	t.Helper()
	text, err := keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	signed := part(t, header) + "." + part(t, claims)
	return signed + "." + encode(ed25519.Sign(key.(ed25519.PrivateKey), []byte(signed)))
}

func part(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return encode(raw)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func with(base map[string]any, name string, value any) map[string]any {
	out := maps.Clone(base)
	if value == nil {
		delete(out, name)
	} else {
		out[name] = value
	}
	return out
}

func TestHostileTokens(t *testing.T) {
	t.Parallel()
	keys, other := newKeys(t), newKeys(t)
	tokens := auth.NewTokens(keys)
	header := map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": keys.IDs()[0]}
	claims := map[string]any{
		"iss": auth.Issuer, "aud": auth.Issuer, "sub": "user:default/mallory", "roles": []string{"admin"},
		"exp": time.Now().Add(time.Hour).Unix(),
	}
	if _, err := tokens.Verify(forge(t, keys, header, claims)); err != nil {
		t.Fatalf("the well-formed one: %v", err)
	}
	unsigned := func(h map[string]any) string { return part(t, h) + "." + part(t, claims) + "." }
	confused := func() string {
		signed := part(t, with(header, "alg", "HS256")) + "." + part(t, claims)
		mac := hmac.New(sha256.New, keys.PublicPEM())
		mac.Write([]byte(signed))
		return signed + "." + encode(mac.Sum(nil))
	}
	minter := auth.NewMinter(keys, time.Minute)
	internal, _, err := minter.Sign(auth.NewContext(t.Context(), alice()), "catalog")
	if err != nil {
		t.Fatal(err)
	}
	good := forge(t, keys, header, claims)
	for name, token := range map[string]string{
		"empty":                       "",
		"alg none":                    unsigned(with(header, "alg", "none")),
		"alg None":                    unsigned(with(header, "alg", "None")),
		"alg missing":                 unsigned(with(header, "alg", nil)),
		"no signature":                unsigned(header),
		"HS256 with the public key":   confused(),
		"RS256":                       forge(t, keys, with(header, "alg", "RS256"), claims),
		"a key of somebody else":      forge(t, other, header, claims),
		"an unknown kid":              forge(t, other, with(header, "kid", other.IDs()[0]), claims),
		"no kid":                      forge(t, keys, with(header, "kid", nil), claims),
		"a kid that is a path":        forge(t, keys, with(header, "kid", "../../../../dev/null"), claims),
		"a kid that is a number":      forge(t, keys, with(header, "kid", 7), claims),
		"an embedded key":             forge(t, other, with(with(header, "kid", nil), "jwk", map[string]string{"kty": "OKP"}), claims),
		"crit":                        forge(t, keys, with(header, "crit", []string{"b64"}), claims),
		"empty crit":                  forge(t, keys, with(header, "crit", []string{}), claims),
		"another typ":                 forge(t, keys, with(header, "typ", "JWT"), claims),
		"no exp":                      forge(t, keys, header, with(claims, "exp", nil)),
		"no iss":                      forge(t, keys, header, with(claims, "iss", nil)),
		"another iss":                 forge(t, keys, header, with(claims, "iss", "evil")),
		"no aud":                      forge(t, keys, header, with(claims, "aud", nil)),
		"another aud":                 forge(t, keys, header, with(claims, "aud", []string{"evil"})),
		"no sub":                      forge(t, keys, header, with(claims, "sub", nil)),
		"a sub that is no ref":        forge(t, keys, header, with(claims, "sub", "user:default/a\nb")),
		"not yet valid":               forge(t, keys, header, with(claims, "nbf", time.Now().Add(time.Hour).Unix())),
		"exp that is no number":       forge(t, keys, header, with(claims, "exp", "tomorrow")),
		"an internal token":           strings.TrimPrefix(internal, "Bearer "),
		"a dot flood":                 strings.Repeat(".", 5_000_000),
		"a short dot flood":           strings.Repeat(".", 8000),
		"too long":                    good + strings.Repeat("A", 9000),
		"padding":                     good + "==",
		"white space":                 " " + good,
		"a byte of the signature off": good[:len(good)-3] + "AAA",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			p, err := tokens.Verify(token)
			if fault.Code(err) != auth.CodeTokenInvalid || !fault.Is(err, fault.KindUnauthenticated) || !p.IsZero() {
				t.Errorf("got %+v, %v", p, err)
			}
			if time.Since(started) > 200*time.Millisecond {
				t.Errorf("it took %s", time.Since(started))
			}
			if len(token) > 100 && strings.Contains(fmt.Sprint(err), token[len(token)-40:]) {
				t.Error("the error shows the token")
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	keys := newKeys(f)
	tokens := auth.NewTokens(keys)
	f.Add(issue(f, tokens, time.Hour))
	f.Add("a.b.c")
	f.Add(part(f, map[string]any{"alg": "EdDSA", "kid": keys.IDs()[0], "typ": "at+jwt"}) + ".e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		p, err := tokens.Verify(token)
		if err == nil && p.Subject != alice().Subject {
			t.Errorf("a made-up token gave %+v", p)
		}
	})
}

func TestKeyFile(t *testing.T) {
	t.Parallel()
	t.Run("the first who needs it makes it, and all have the same key", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "token.key")
		ids := make([]string, 8)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				ring, err := auth.OpenKeyFile(path)
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = ring.IDs()[0]
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("different keys: %v", ids)
			}
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o440: false, 0o644: true, 0o660: true, 0o604: true} {
		t.Run(fmt.Sprintf("one with mode %o is refused: %v", mode, refused), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "token.key")
			text, err := newKeys(t).PrivatePEM()
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(os.WriteFile(path, text, 0o600), os.Chmod(path, mode)); err != nil {
				t.Fatal(err)
			}
			if _, err := auth.OpenKeyFile(path); (err != nil) != refused || (refused && !strings.Contains(err.Error(), "chmod 600")) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("one with something else in it is refused and not shown", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "token.key")
		if err := os.WriteFile(path, []byte("hunter2"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := auth.OpenKeyFile(path); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	})
}

func TestKeysAreNotLogged(t *testing.T) {
	t.Parallel()
	keys := newKeys(t)
	text, err := keys.PrivatePEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "keys", keys, "principal", alice())
	_, _ = fmt.Fprintf(&out, "%v %+v %#v %s", keys, keys, keys, keys)
	seed := block.Bytes[len(block.Bytes)-32:]
	for _, form := range []string{string(seed), encode(seed), fmt.Sprintf("%x", seed), fmt.Sprint([]byte(seed[:8]))} {
		if strings.Contains(out.String(), strings.Trim(form, "[]")) {
			t.Errorf("the key is in %q", out.String())
		}
	}
}

func TestPrincipalKey(t *testing.T) {
	t.Parallel()
	base := auth.Principal{Subject: "user:default/a", Groups: []string{"group:default/x"}, Roles: []string{"viewer"}}
	same := auth.Principal{Subject: "USER:default/a", Groups: []string{"group:default/x", "group:default/x"}, Roles: []string{"role:default/viewer"}, ID: "2"}
	if auth.NewPrincipal(base).Key() != auth.NewPrincipal(same).Key() {
		t.Error("the same rights have two keys")
	}
	for name, p := range map[string]auth.Principal{
		"subject":    {Subject: "user:default/b", Groups: base.Groups, Roles: base.Roles},
		"no groups":  {Subject: base.Subject, Roles: base.Roles},
		"moved":      {Subject: base.Subject, Groups: append([]string{"role:default/viewer"}, base.Groups...)},
		"attributes": {Subject: base.Subject, Groups: base.Groups, Roles: base.Roles, Attributes: map[string]string{"a": "b"}},
	} {
		if auth.NewPrincipal(p).Key() == auth.NewPrincipal(base).Key() {
			t.Errorf("%s: different rights have one key", name)
		}
	}
}
