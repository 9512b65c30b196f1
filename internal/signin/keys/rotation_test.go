package keys_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/postgres/postgrestest"
	"devportal.internal/internal/signin/keys"
	signinpg "devportal.internal/internal/signin/postgres"
	"devportal.internal/internal/signin/seal"
)

const (
	firstKey  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	secondKey = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
)

func newSeal(t *testing.T, text string) *seal.Seal {
	t.Helper()
	s, err := seal.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRotation(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	pool := postgrestest.New(t, signinpg.Migrations())
	store := signinpg.NewKeys(pool)
	open := func(sealed string) (*keys.Rotation, error) {
		return keys.Open(t.Context(), store, newSeal(t, sealed), keys.Settings{Now: clock})
	}
	rotation, err := open(firstKey)
	if err != nil {
		t.Fatal(err)
	}
	tokens := auth.NewTokensAt(rotation, clock)
	issue := func() string {
		t.Helper()
		token, err := tokens.Issue(auth.Principal{Subject: "user:default/a"}, 48*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := rotation.Ring().IDs()
	old := issue()

	now = now.Add(90 * 24 * time.Hour)
	refresh(t, rotation)
	if ids := rotation.Ring().IDs(); len(ids) != 2 || ids[0] != first[0] {
		t.Fatalf("after 90 days the keys are %v; the first must sign until everybody knows the next", ids)
	}
	now = now.Add(11 * time.Minute)
	refresh(t, rotation)
	if ids := rotation.Ring().IDs(); len(ids) != 2 || ids[0] == first[0] || !slices.Contains(ids, first[0]) {
		t.Fatalf("after the lead the keys are %v; the new one must sign, the old one verify", ids)
	}
	now = now.Add(-90 * 24 * time.Hour)
	if _, err := tokens.Verify(old); err != nil {
		t.Errorf("a token of the old key is refused within the overlap: %v", err)
	}
	now = now.Add(90*24*time.Hour + 25*time.Hour)
	refresh(t, rotation)
	if ids := rotation.Ring().IDs(); slices.Contains(ids, first[0]) {
		t.Errorf("after the overlap the old key is still there: %v", ids)
	}
	if _, err := open(secondKey + "," + firstKey); err != nil {
		t.Errorf("an older encryption key does not decrypt: %v", err)
	}
	if _, err := open(secondKey); err == nil || strings.Contains(err.Error(), secondKey) {
		t.Errorf("another encryption key: %v", err)
	}
	var leaked bool
	if err := pool.QueryRow(t.Context(), `SELECT bool_or(octet_length(sealed) <= 32) FROM signin.signing_keys`).Scan(&leaked); err != nil || leaked {
		t.Errorf("a private key is not sealed: %v %v", leaked, err)
	}
}

func refresh(t *testing.T, r *keys.Rotation) {
	t.Helper()
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestReplicasAgreeOnOneKey(t *testing.T) {
	t.Parallel()
	store := signinpg.NewKeys(postgrestest.New(t, signinpg.Migrations()))
	rings := make(chan string, 8)
	for range cap(rings) {
		go func() {
			r, err := keys.Open(context.WithoutCancel(t.Context()), store, newSealOrPanic(), keys.Settings{})
			if err != nil {
				rings <- err.Error()
				return
			}
			rings <- strings.Join(r.Ring().IDs(), ",")
		}()
	}
	first := <-rings
	for range cap(rings) - 1 {
		if other := <-rings; other != first {
			t.Errorf("one process has %s, another %s", first, other)
		}
	}
}

func newSealOrPanic() *seal.Seal {
	s, err := seal.Parse(firstKey)
	if err != nil {
		panic(err)
	}
	return s
}
