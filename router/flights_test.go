package router_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"devportal.internal/router"
	"devportal.internal/router/transport"
	"devportal.internal/router/upstream"
)

var both = router.Deduplication{Queries: true, Fetches: true}

func TestQueries_under_way_are_shared_only_with_equal_rights_and_no_change_between(t *testing.T) {
	t.Parallel()
	entered, release := make(chan string, 10), make(chan struct{})
	s := newShop(t, func(o *router.Options) {
		o.Deduplicate = both
		slow := o.Subgraphs["products"].Handler
		o.Subgraphs["products"] = upstream.Subgraph{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Slow") != "" {
				entered <- r.Header.Get("X-Slow")
				select {
				case <-release:
				case <-r.Context().Done():
				}
			}
			slow.ServeHTTP(w, r)
		}), Forward: []string{"X-Slow"}}
		o.Signer = identitySigner{}
		o.Authenticate = func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return context.WithValue(ctx, identityKey{}, r.Header.Get("Authorization")), transport.Caller{Identity: r.Header.Get("Authorization")}, nil
		}
	})
	endpoint := s.serve(t)
	var asking sync.WaitGroup
	ask := func(ctx context.Context, identity, slow, document string) {
		asking.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(post(document)))
			if err != nil {
				t.Error(err)
				return
			}
			r.Header = http.Header{"Content-Type": {jsonType}, "Authorization": {identity}, "X-Slow": {slow}}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				return // it was cancelled
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("status %d", resp.StatusCode)
			}
		})
	}
	const document = `{product(id:"1"){name}}`
	ctx, leave := context.WithCancel(t.Context())
	ask(ctx, "x", "1", document)
	<-entered
	for range 3 {
		ask(t.Context(), "x", "1", document)
	}
	waitFor(t, func() bool { return s.Waiting() == 4 })
	leave() // the one who began it goes, those who wait are still answered
	ask(t.Context(), "y", "1", document)
	<-entered
	ask(t.Context(), "x", "2", document)
	<-entered
	if got := s.ask(t, `mutation{rename(id:"1",name:"x"){id}}`, ""); strings.Contains(got, "errors") {
		t.Error(got)
	}
	waitFor(t, func() bool { return s.Waiting() == 5 })
	ask(t.Context(), "x", "1", document)
	<-entered
	close(release)
	asking.Wait()
	if got := len(s.products.asked()); got != 5 {
		t.Errorf("the subgraph was asked %d times: %v", got, s.products.asked())
	}
}

func TestQueries_under_way_let_who_began_them_go(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newShop(t, func(o *router.Options) {
			o.Deduplicate = both
			slow := o.Subgraphs["products"].Handler
			o.Subgraphs["products"] = upstream.Subgraph{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				select {
				case <-release:
					slow.ServeHTTP(w, r)
				case <-r.Context().Done():
				}
			})}
		})
		const document = `{product(id:"1"){name}}`
		ctx, leave := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", strings.NewReader(post(document)))
			r.Header.Set("Content-Type", jsonType)
			s.ServeHTTP(httptest.NewRecorder(), r)
		}()
		synctest.Wait()
		answers := make(chan string)
		for range 2 {
			go func() { answers <- s.ask(t, document, "") }()
		}
		synctest.Wait()
		leave()
		<-gone // while the subgraph has not answered
		close(release)
		for range 2 {
			if got := <-answers; got != `{"data":{"product":{"name":"product 1"}}}` {
				t.Error(got)
			}
		}
		if got := len(s.products.asked()); got != 1 {
			t.Errorf("the subgraph was asked %d times", got)
		}
	})
}

// identitySigner proves who is asking by the name alone.
type identitySigner struct{}

type identityKey struct{}

func (identitySigner) Sign(ctx context.Context, _ string) (authorization, identity string, err error) {
	identity, _ = ctx.Value(identityKey{}).(string)
	return "Bearer " + identity, identity, nil
}
