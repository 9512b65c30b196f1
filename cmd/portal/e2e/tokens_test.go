package e2e_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// testRevokedToken gives a service account a token, lets it subscribe, and takes the token away: the socket closes at once,
// another token of the account goes on, and the account's end ends that too.
func testRevokedToken(t *testing.T, p place) {
	admin := client{p.listen, p.token(t, "user:default/some.admin", "admin")}
	var account struct {
		CreateServiceAccount struct {
			ServiceAccount struct{ Ref string }
			UserErrors     []any
		}
	}
	admin.data(t, `mutation { createServiceAccount(input: {name: "watcher", roles: ["viewer"]}) { serviceAccount { ref } userErrors { message } } }`, nil, &account)
	ref := account.CreateServiceAccount.ServiceAccount.Ref
	id, first := newToolToken(t, admin, ref, "first")
	_, second := newToolToken(t, admin, ref, "second")
	var now struct{ CatalogCursor string }
	p.data(t, `{ catalogCursor }`, nil, &now)
	after := map[string]any{"after": now.CatalogCursor} // nothing is missed, however late the subscriptions begin
	one, other := client{p.listen, first}.subscribe(t, catalog, after), client{p.listen, second}.subscribe(t, catalog, after)
	registerComponent(t, p, "seen-by-a-tool", "public")
	for _, s := range []*subscription{one, other} {
		s.seesComponent("component:default/seen-by-a-tool")
	}

	admin.data(t, `mutation($id: ID!) { revokeAccessToken(input: {id: $id}) { userErrors { message } } }`, map[string]any{"id": id}, &struct{}{})
	one.closesWith(4403)
	refused := p.send(t, http.MethodPost, "/graphql", with(forged(), "Authorization", "Bearer "+first, "Content-Type", "application/json"), []byte(`{"query":"{viewer{ref}}"}`))
	if refused.status != http.StatusUnauthorized || !strings.Contains(string(refused.body), "TOKEN_INVALID") {
		t.Errorf("a revoked token: %d %s", refused.status, refused.body)
	}
	registerComponent(t, p, "seen-by-the-other", "public")
	other.seesComponent("component:default/seen-by-the-other")

	admin.data(t, `mutation($ref: EntityRef!) { deleteServiceAccount(input: {ref: $ref}) { userErrors { message } } }`, map[string]any{"ref": ref}, &struct{}{})
	other.closesWith(4403)
}

func newToolToken(t *testing.T, admin client, account, name string) (id, token string) {
	t.Helper()
	var made struct {
		CreateAccessToken struct {
			Token       string
			AccessToken struct{ ID string }
			UserErrors  []any
		}
	}
	admin.data(t, `mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { token accessToken { id } userErrors { message } } }`,
		map[string]any{"input": map[string]any{"name": name, "scopes": []string{"*"}, "serviceAccount": account}}, &made)
	if made.CreateAccessToken.Token == "" {
		t.Fatalf("no token: %+v", made.CreateAccessToken.UserErrors)
	}
	return made.CreateAccessToken.AccessToken.ID, made.CreateAccessToken.Token
}

// seesComponent waits for the event of an entity.
func (s *subscription) seesComponent(ref string) {
	s.t.Helper()
	for {
		var event struct{ CatalogChanges struct{ Ref string } }
		if !s.next(&event) {
			s.t.Fatalf("the subscription is complete before %s", ref)
		}
		if event.CatalogChanges.Ref == ref {
			return
		}
	}
}

// closesWith waits for the socket to be closed, whatever comes before.
func (s *subscription) closesWith(code websocket.StatusCode) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), answerTimeout)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			if got := websocket.CloseStatus(err); got != code {
				s.t.Errorf("closed with %d instead of %d: %v", got, code, err)
			}
			return
		}
	}
}
