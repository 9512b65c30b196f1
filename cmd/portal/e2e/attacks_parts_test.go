package e2e_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// TestSubgraphPortRefusesWhatTheRouterDidNotSend asks a subgraph that runs apart, past the router.
func TestSubgraphPortRefusesWhatTheRouterDidNotSend(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	listen, admin := freeAddress(t), freeAddress(t)
	args := append([]string{"subgraph", "catalog", "--subgraphs-listen", listen, "--admin-listen", admin}, settings(t, data)...)
	p := launch(t, args...)
	p.listen, p.admin = listen, admin
	p.awaitReady()
	c := client{listen: listen}

	body := []byte(`{"query":"{ catalogCursor }"}`)
	allowed := internalToken(t, data, "catalog")
	if got := c.send(t, http.MethodPost, "/graphql", bearer(allowed), body); got.status != http.StatusOK || !strings.Contains(got.body, `"catalogCursor"`) {
		t.Fatalf("the router's own request is answered with %d %.300s", got.status, got.body)
	}

	tokens := forgeries(t, filepath.Join(data, "keys", "internal-tokens.pem"), allowed)
	tokens["of a client"] = prints(t, "token", "--user", "user:default/robin.vale", "--role", "admin", "--data", data)
	tokens["for another subgraph"] = internalToken(t, data, "cost")
	for name, token := range tokens {
		c.mustRefuse(t, "a token: "+name, bearer(token), body)
	}
	headers := map[string]map[string]string{
		"nothing":           {},
		"an identity":       {"X-User": "user:default/robin.vale", "X-Roles": "admin"},
		"a local host":      {"Host": "localhost"},
		"a basic password":  {"Authorization": "Basic cm9vdDpyb290"},
		"an empty one":      {"Authorization": "Bearer "},
		"it in another way": {"X-Authorization": "Bearer " + allowed, "Cookie": "authorization=" + allowed},
	}
	for name, extra := range headers {
		c.mustRefuse(t, name, with(extra, "Content-Type", jsonType), body)
	}
	c.mustRefuse(t, "it in the URL", map[string]string{"Content-Type": jsonType}, body, "?access_token="+url.QueryEscape(allowed))
}

func bearer(token string) map[string]string {
	return map[string]string{"Content-Type": jsonType, "Authorization": "Bearer " + token}
}

// mustRefuse asks by every method and transport.
func (c client) mustRefuse(t *testing.T, what string, headers map[string]string, body []byte, query ...string) {
	t.Helper()
	path := "/graphql" + strings.Join(query, "")
	c.send(t, http.MethodPost, path, headers, body).mustBe(t, what, http.StatusUnauthorized)
	c.send(t, http.MethodPost, path, with(headers, "Accept", "text/event-stream"), body).mustBe(t, what+", for events", http.StatusUnauthorized)
	link := "/graphql?query=" + url.QueryEscape("{ catalogCursor }")
	c.send(t, http.MethodGet, link, headers, nil).mustBe(t, what+", in a link", http.StatusUnauthorized, http.StatusMethodNotAllowed)
	if conn, status := c.dial(t, headers); conn != nil && !refusedAtInit(t, conn, map[string]any{}) {
		t.Errorf("%s: a websocket is opened (%d) and welcomed", what, status)
	}
}
