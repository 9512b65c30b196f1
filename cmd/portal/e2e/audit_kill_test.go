package e2e_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/entityindex"
)

// TestAMutationThatWasCutShortIsRemembered kills the portal while a mutation waits for a server that does not answer.
func TestAMutationThatWasCutShortIsRemembered(t *testing.T) {
	t.Parallel()
	asked, over := make(chan struct{}, 1), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-over
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(over) })
	data, database := t.TempDir(), databaseURL(t)
	p := serve(t, data, "--urls-private-networks", "--database-url", database)
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	go func() {
		_, _ = client{listen: p.listen}.try(ctx, register, map[string]any{"input": map[string]any{"type": "url", "target": silent.URL + "/a.yaml"}})
	}()
	select {
	case <-asked:
	case <-ctx.Done():
		t.Fatal("the mutation does not read the location")
	}
	p.kill()
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := audit.Open(pool, audit.Options{UnknownAfter: time.Microsecond})
	if err := log.Settle(ctx); err != nil {
		t.Fatal(err)
	}
	found, err := log.Newest(ctx, audit.Filter{Kinds: []audit.Kind{audit.Mutation}}, entityindex.Keyset{Limit: 10})
	if err != nil || len(found) != 1 || found[0].Action != "registerLocation" || found[0].Outcome != audit.Unknown || found[0].Fact(audit.FactActor) != "user:default/robin.vale" {
		t.Errorf("remembered is %+v, %v", found, err)
	}
	if _, err := log.Verify(ctx); err != nil {
		t.Error(err)
	}
}
