package tooltoken_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/postgres/postgrestest"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/signin/tooltoken"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	pool := postgrestest.New(t, signinpg.Migrations())
	store := signinpg.NewTokens(pool)
	now := time.Now()
	tokens := tooltoken.New(store, func() time.Time { return now })
	wanted := tooltoken.Wanted{
		Owner: auth.NewPrincipal(auth.Principal{Subject: "user:default/a", Roles: []string{"developer"}}), CreatedBy: "user:default/a",
		Name: "ci", Scopes: []string{"catalog.*", "*.read", "catalog.*"}, Expires: now.Add(time.Hour),
	}
	made, secret, err := tokens.Create(t.Context(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tokens.Verify(t.Context(), secret)
	if err != nil || p.Subject != "user:default/a" || p.Roles[0] != "role:default/developer" || len(p.Scopes) != 2 {
		t.Fatalf("verified %+v, %v", p, err)
	}
	for permission, want := range map[string]bool{
		"catalog.entity.delete": true, "cost.read": true, "docs.build": false, "catalog": false, "read": false,
	} {
		if p.Allows(permission) != want {
			t.Errorf("%s: %v, want %v", permission, !want, want)
		}
	}
	t.Run("what is kept is no token", func(t *testing.T) {
		var row string
		if err := pool.QueryRow(t.Context(), `SELECT to_jsonb(t)::text FROM signin.tool_tokens AS t`).Scan(&row); err != nil {
			t.Fatal(err)
		}
		if _, tail, _ := strings.Cut(secret[4:], "_"); strings.Contains(row, tail) {
			t.Error("the database holds the secret")
		}
	})
	t.Run("what is not the token is refused", func(t *testing.T) {
		for _, other := range []string{
			secret + "A", secret[:len(secret)-1], "dpt_" + made.ID + "_", "dpt_", "dpt__", strings.Repeat("dpt_", 1000),
			"dpt_' OR 1=1--_x", "dpt_\x00_x",
		} {
			if _, err := tokens.Verify(t.Context(), other); fault.Code(err) != auth.CodeTokenInvalid {
				t.Errorf("%.40q: %v", other, err)
			}
		}
	})
	t.Run("bad wishes are told all at once", func(t *testing.T) {
		_, _, err := tokens.Create(t.Context(), tooltoken.Wanted{Owner: wanted.Owner, Name: "\x01", Scopes: []string{"a b"}, Expires: now.Add(1000 * 24 * time.Hour)})
		var joined interface{ Unwrap() []error }
		if !errors.As(err, &joined) || len(joined.Unwrap()) != 3 {
			t.Errorf("problems: %v", err)
		}
	})
	t.Run("a name is there once for each owner", func(t *testing.T) {
		if _, _, err := tokens.Create(t.Context(), wanted); fault.Code(err) != tooltoken.CodeNameTaken {
			t.Errorf("the same name: %v", err)
		}
	})
	t.Run("it is used as what a provider says of the owner now", func(t *testing.T) {
		_, err := pool.Exec(t.Context(), `INSERT INTO signin.identities VALUES ('user:default/a', 'corp', '1', '{}', '{role:default/viewer}', '{}', now())`)
		if err != nil {
			t.Fatal(err)
		}
		again := tooltoken.New(store, func() time.Time { return now })
		if p, err := again.Verify(t.Context(), secret); err != nil || len(p.Roles) != 1 || p.Roles[0] != "role:default/viewer" {
			t.Errorf("verified %+v, %v", p, err)
		}
	})
	t.Run("it ends when it is revoked, by its owner alone, and when its time has come", func(t *testing.T) {
		if _, err := store.Remove(t.Context(), made.ID, "user:default/b"); !fault.Is(err, fault.KindNotFound) {
			t.Errorf("somebody else: %v", err)
		}
		all, err := store.List(t.Context(), "user:default/a", 10)
		if err != nil || len(all) != 1 || all[0].LastUsed.IsZero() {
			t.Errorf("the list: %+v, %v", all, err)
		}
		fresh := tooltoken.New(store, func() time.Time { return now.Add(time.Hour) })
		if _, err := fresh.Verify(t.Context(), secret); fault.Code(err) != auth.CodeTokenExpired {
			t.Errorf("after its end: %v", err)
		}
		if _, err := store.Remove(t.Context(), made.ID, "user:default/a"); err != nil {
			t.Fatal(err)
		}
		if _, err := tooltoken.New(store, nil).Verify(t.Context(), secret); fault.Code(err) != auth.CodeTokenInvalid {
			t.Errorf("revoked: %v", err)
		}
	})
}

func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	store := signinpg.NewTokens(postgrestest.New(t, signinpg.Migrations()))
	tokens := tooltoken.New(store, nil)
	account, err := tooltoken.NewAccount("ci", "builds", []string{"developer"}, "user:default/a", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.AddAccount(t.Context(), account); err != nil {
		t.Fatal(err)
	}
	if err := store.AddAccount(t.Context(), account); fault.Code(err) != tooltoken.CodeNameTaken {
		t.Errorf("twice: %v", err)
	}
	owner := auth.NewPrincipal(auth.Principal{Subject: account.Ref})
	_, secret, err := tokens.Create(t.Context(), tooltoken.Wanted{
		Owner: owner, CreatedBy: "user:default/a", Name: "t", Scopes: []string{"*"}, Expires: time.Now().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := tokens.Verify(t.Context(), secret); err != nil || p.Subject != "service:default/ci" || p.Roles[0] != "role:default/developer" {
		t.Errorf("verified %+v, %v", p, err)
	}
	if _, err := store.RemoveAccount(t.Context(), account.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := tooltoken.New(store, nil).Verify(t.Context(), secret); err == nil {
		t.Error("a token of an account that was removed is good")
	}
	for _, name := range []string{"", "Ci", "a/b", "-a", strings.Repeat("a", 64), "a\nb"} {
		if _, err := tooltoken.NewAccount(name, "", nil, "", time.Now()); err == nil {
			t.Errorf("%q is a name", name)
		}
	}
}
