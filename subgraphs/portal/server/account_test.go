package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/redis"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/signin/seal"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/signin/tooltoken"
	"devportal.internal/subgraphs/portal"
)

// accounts are sessions and tokens over a database and an embedded Redis. Jane is signed in twice.
func accounts(t *testing.T, pool *pgxpool.Pool) portal.Accounts {
	t.Helper()
	handle, err := redis.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = handle.Close() })
	s, err := seal.Parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
	if err != nil {
		t.Fatal(err)
	}
	sessions := session.New(handle.Client, s, nil, session.Settings{})
	for range 2 {
		if _, _, err := sessions.Start(t.Context(), auth.NewPrincipal(auth.Principal{Subject: "user:default/jane"}), "corp", "firefox", ""); err != nil {
			t.Fatal(err)
		}
	}
	store := signinpg.NewTokens(pool)
	return portal.Accounts{
		Sessions: sessions, Maker: tooltoken.New(store, nil), Store: store, Audit: audit.Open(pool, audit.Options{}),
	}
}

// askAs sends a document with headers that say who asks.
func askAs(t *testing.T, handler http.Handler, headers map[string]string, document string, into any) string {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": document})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	if into != nil {
		if err := json.Unmarshal(recorder.Body.Bytes(), into); err != nil {
			t.Fatalf("%v in %s", err, recorder.Body)
		}
	}
	return recorder.Body.String()
}

type accountAnswer struct {
	Data struct {
		Viewer struct {
			Sessions []struct {
				ID, Provider, UserAgent string
				Current                 bool
			}
			AccessTokens []struct{ ID, Name, Fingerprint string }
		}
		CreateAccessToken struct {
			Token       string
			AccessToken struct{ ID, Owner, CreatedBy string }
			UserErrors  []struct{ Code string }
		}
		SignOut           struct{ UserErrors []struct{ Code string } }
		SignOutEverywhere struct{ Ended int }
		ServiceAccounts   struct {
			TotalCount int
			Nodes      []struct{ Ref string }
		}
	}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	handler := start(t)
	viewer := map[string]string{"X-Test-Role": "viewer"}
	admin := map[string]string{"X-Test-Role": "admin"}
	t.Run("sessions are listed and ended", func(t *testing.T) {
		var got accountAnswer
		askAs(t, handler, viewer, `{ viewer { sessions { id provider userAgent current } } }`, &got)
		if s := got.Data.Viewer.Sessions; len(s) != 2 || s[0].Provider != "corp" || s[0].UserAgent != "firefox" || s[0].Current {
			t.Fatalf("sessions %+v", s)
		}
		id := got.Data.Viewer.Sessions[0].ID
		end := `mutation { signOut(input: {session: "` + id + `"}) { session userErrors { code } } }`
		if text := askAs(t, handler, viewer, end, nil); !strings.Contains(text, id) {
			t.Errorf("signing out: %s", text)
		}
		if text := askAs(t, handler, viewer, end, nil); !strings.Contains(text, `"code":"NOT_FOUND"`) {
			t.Errorf("signing out twice: %s", text)
		}
		if text := askAs(t, handler, viewer, `mutation { signOut(input: {}) { userErrors { code } } }`, nil); !strings.Contains(text, portal.CodeNoSession) {
			t.Errorf("without a session: %s", text)
		}
		askAs(t, handler, viewer, `mutation { signOutEverywhere(input: {}) { ended } }`, &got)
		if got.Data.SignOutEverywhere.Ended != 1 {
			t.Errorf("ended %d", got.Data.SignOutEverywhere.Ended)
		}
	})
	t.Run("tokens are made, listed and revoked", func(t *testing.T) {
		var got accountAnswer
		askAs(t, handler, viewer, `mutation { createAccessToken(input: {name: "ci", scopes: ["*"]}) { token accessToken { id owner } userErrors { code } } }`, &got)
		made := got.Data.CreateAccessToken
		if !strings.HasPrefix(made.Token, "dpt_") || made.AccessToken.Owner != "user:default/jane" {
			t.Fatalf("made %+v", made)
		}
		text := askAs(t, handler, viewer, `{ viewer { accessTokens { id name fingerprint lastUsedAt } } }`, &got)
		if tokens := got.Data.Viewer.AccessTokens; len(tokens) != 1 || tokens[0].ID != made.AccessToken.ID || strings.Contains(text, made.Token) {
			t.Errorf("tokens %s", text)
		}
		revoke := `mutation { revokeAccessToken(input: {id: "` + made.AccessToken.ID + `"}) { accessToken { name } userErrors { code } } }`
		if text := askAs(t, handler, viewer, revoke, nil); !strings.Contains(text, `"name":"ci"`) {
			t.Errorf("revoked: %s", text)
		}
		if text := askAs(t, handler, viewer, revoke, nil); !strings.Contains(text, "NOT_FOUND") {
			t.Errorf("revoked twice: %s", text)
		}
	})
	t.Run("a token for tools looks after no credentials", func(t *testing.T) {
		tool := map[string]string{"X-Test-Role": "admin", "X-Test-Scope": "*"}
		for _, document := range []string{
			`{ viewer { sessions { id } } }`, `{ viewer { accessTokens { id } } }`, `{ serviceAccounts { totalCount } }`,
			`mutation { createAccessToken(input: {name: "x", scopes: ["*"]}) { token } }`,
			`mutation { signOutEverywhere(input: {}) { ended } }`, `mutation { createServiceAccount(input: {name: "x"}) { userErrors { code } } }`,
		} {
			if text := askAs(t, handler, tool, document, nil); !strings.Contains(text, portal.CodeNotWithToken) {
				t.Errorf("%s: %s", document, text)
			}
		}
	})
	t.Run("service accounts are for who decides on rights", func(t *testing.T) {
		make := `mutation { createServiceAccount(input: {name: "bot", roles: ["viewer"]}) { serviceAccount { ref roles accessTokens { id } } userErrors { code } } }`
		if text := askAs(t, handler, viewer, make, nil); !strings.Contains(text, "FORBIDDEN") {
			t.Errorf("a viewer: %s", text)
		}
		if text := askAs(t, handler, admin, make, nil); !strings.Contains(text, "service:default/bot") {
			t.Errorf("an admin: %s", text)
		}
		for who, headers := range map[string]map[string]string{"viewer": viewer, "admin": admin} {
			text := askAs(t, handler, headers, `mutation { createAccessToken(input: {name: "`+who+`", scopes: ["*"], serviceAccount: "service:default/bot"}) { token accessToken { owner createdBy } } }`, nil)
			if strings.Contains(text, "dpt_") != (who == "admin") {
				t.Errorf("%s makes a token for the account: %s", who, text)
			}
		}
		var got accountAnswer
		askAs(t, handler, admin, `{ serviceAccounts(first: 1) { totalCount nodes { ref } } }`, &got)
		if got.Data.ServiceAccounts.TotalCount != 1 || got.Data.ServiceAccounts.Nodes[0].Ref != "service:default/bot" {
			t.Errorf("accounts %+v", got.Data.ServiceAccounts)
		}
		if text := askAs(t, handler, admin, `mutation { deleteServiceAccount(input: {ref: "service:default/bot"}) { serviceAccount { ref } } }`, nil); !strings.Contains(text, "bot") {
			t.Errorf("deleted: %s", text)
		}
	})
}
