package e2e_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// testErasure forgets somebody who is signed in, has a token and has made a service account: nothing of theirs opens a door any
// more, and no table but the catalog's, which reads them from its files, knows them.
func testErasure(t *testing.T, o *organisation) {
	u := o.userAgent(t)
	u.signIn(vera, "/auth/corp/start")
	u.viewer()
	pair := u.tokens(map[string][]string{"grant_type": {"session"}})
	token := u.newToken(t, `{name: "of a person", scopes: ["*"]}`)
	u.ask(`mutation { createServiceAccount(input: {name: "orphan", roles: ["viewer"]}) { userErrors { message } } }`)
	kept := u.newToken(t, `{name: "of an account", scopes: ["*"], serviceAccount: "service:default/orphan"}`)
	other := o.userAgent(t)
	other.signIn(mei, "/auth/corp/start")
	if left := o.knows(t, vera.Subject); left == "" {
		t.Fatal("nothing knows who is signed in: this test would find nothing")
	}

	report := prints(t, append([]string{"user", "erase", "--user", "user:default/Vera.Kowal"}, o.beside...)...)
	if !strings.Contains(report, "1 tokens") || !strings.Contains(report, "All their sessions end") {
		t.Errorf("it says %q", report)
	}
	u.mustBeNobody("after being forgotten")
	for what, credential := range map[string]string{"the access token": pair.Access, "the token for tools": token} {
		if got := o.userAgent(t).ask(whoAmI, "Authorization", "Bearer "+credential); got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
	}
	if again := o.userAgent(t).refresh(pair.Refresh); again.Access != "" {
		t.Error("the refresh token still gives access")
	}
	if got := o.userAgent(t).ask(whoAmI, "Authorization", "Bearer "+kept); got.status != http.StatusOK {
		t.Errorf("the account that they made: %d %s", got.status, got.body)
	}
	other.viewer()
	for _, text := range []string{vera.Subject, "user:default/vera.kowal"} {
		if left := o.knows(t, text); left != "" {
			t.Errorf("%q is still in %s", text, left)
		}
	}
	if verified := prints(t, append([]string{"audit", "verify"}, o.beside...)...); !strings.Contains(verified, "is whole") {
		t.Errorf("the audit log: %s", verified)
	}
}

// newToken makes a token for tools as a page of the portal would.
func (u *userAgent) newToken(t *testing.T, input string) string {
	t.Helper()
	got := u.ask(`mutation { createAccessToken(input: ` + input + `) { token userErrors { message } } }`)
	var made struct {
		Data struct{ CreateAccessToken struct{ Token string } }
	}
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || made.Data.CreateAccessToken.Token == "" {
		t.Fatalf("no token: %d %s", got.status, got.body)
	}
	return made.Data.CreateAccessToken.Token
}

// knows names the tables that hold a text, but for those that repeat what the catalog reads from files.
func (o *organisation) knows(t *testing.T, text string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), o.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `
		SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
		WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema', 'catalog', 'events')
		  AND NOT table_name = ANY ($1)`, projections)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 10 {
		t.Fatal(tables, err)
	}
	var found []string
	for _, table := range tables {
		var count int
		if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM `+table+` t WHERE t::text ILIKE '%' || $1 || '%'`, text).Scan(&count); err != nil {
			t.Fatal(err)
		}
		if count > 0 {
			found = append(found, table)
		}
	}
	return strings.Join(found, ", ")
}

// projections are the tables in which subgraphs keep what the catalog tells them of entities.
var projections = []string{"entity_index"} //nolint:gochecknoglobals // a constant
