package router_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"devportal.internal/router"
	"devportal.internal/router/budget"
	"devportal.internal/router/transport"
	"devportal.internal/router/transport/transporttest"
)

// frozen gives each caller, by the header X-User, 25 points that never come back within a test.
func frozen(o *router.Options) {
	now := time.Now()
	o.Now = func() time.Time { return now }
	o.MaxBatch = 2
	o.Budget.Bucket = budget.Bucket{Size: 25, Restore: 2}
	o.Authenticate = func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
		return ctx, transport.Caller{Identity: r.Header.Get("X-User")}, nil
	}
}

func TestCost_is_estimated_taken_and_given_back_on_every_transport(t *testing.T) {
	t.Parallel()
	for _, deduplicate := range []bool{false, true} {
		s := newShop(t, func(o *router.Options) {
			frozen(o)
			o.Deduplicate = router.Deduplication{Queries: deduplicate, Fetches: deduplicate}
		})
		endpoint := s.serve(t)
		for at := range transporttest.Carriers(t, endpoint, nil) {
			carrier := transporttest.Carriers(t, endpoint, http.Header{"X-User": {string(rune('a' + at))}})[at]
			// Ten products are assumed; there are two. The second time fifteen would be needed and nine are left.
			document := `{products{name} a:product(id:"1"){name} b:product(id:"2"){name}}`
			got := carrier.Send(t, post(document))
			if want := `"extensions":{"cost":{"requestedQueryCost":12,"actualQueryCost":4,"throttleStatus":{"maximumAvailable":25,"currentlyAvailable":21,"restoreRate":2}}}`; !strings.Contains(got.Body, want) || !strings.HasPrefix(got.Body, `{"data":{"products":[{`) {
				t.Errorf("%s: %s", carrier.Name, got.Body)
			}
			for range 3 {
				got = carrier.Send(t, post(document))
			}
			if !strings.Contains(got.Body, `"currentlyAvailable":9,`) {
				t.Errorf("%s: %s", carrier.Name, got.Body)
			}
			got = carrier.Send(t, post(document))
			if !hasCode(got, "THROTTLED") || !strings.Contains(got.Body, `"retryAfter":2`) || !strings.Contains(got.Body, `"currentlyAvailable":9,`) || !strings.Contains(got.Body, `"requestedQueryCost":12`) {
				t.Errorf("%s: %s", carrier.Name, got.Body)
			}
			if plain := got.Status == http.StatusTooManyRequests && got.Header.Get("Retry-After") == "2"; !plain && got.Status != http.StatusSwitchingProtocols && carrier.Name != "a batch" {
				t.Errorf("%s: %d, Retry-After %q", carrier.Name, got.Status, got.Header.Get("Retry-After"))
			}
			if got = carrier.Send(t, post(`{products{reviews{text}}}`)); !hasCode(got, "OPERATION_TOO_EXPENSIVE") {
				t.Errorf("%s: more than a bucket: %s", carrier.Name, got.Body)
			}
			if got = carrier.Send(t, post(`{a:product(id:"1"){name}}`)); !strings.HasPrefix(got.Body, `{"data":{"a":{`) {
				t.Errorf("%s: what the rest pays for: %s", carrier.Name, got.Body)
			}
		}
	}
}

func TestCost_of_subscriptions_is_taken_once_and_of_batches_for_each(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		frozen(o)
		o.Budget.Bucket = budget.Bucket{Size: 5, Restore: 1}
	})
	endpoint := s.serve(t)
	socket := connect(t, endpoint, modern)
	for _, id := range []string{"1", "2"} {
		socket.send(`{"type":"subscribe","id":"` + id + `","payload":` + post(`subscription{productChanged{product{id}}}`) + `}`)
	}
	waitFor(t, func() bool { return s.Stats().Subscribers == 2 })
	socket.send(`{"type":"subscribe","id":"3","payload":` + post(`subscription{productChanged{product{id}}}`) + `}`)
	if text, err := socket.read(); err != nil || !strings.Contains(text, "THROTTLED") {
		t.Errorf("a third: %s, %v", text, err)
	}
	one := post(`{a:product(id:"1"){id} b:product(id:"1"){id} c:product(id:"1"){id}}`)
	exchange{method: "POST", header: map[string]string{"Content-Type": jsonType, "X-User": "b"}, body: "[" + one + "," + one + "]", status: 200, text: `THROTTLED`}.run(t, endpoint)
}

func TestCost_of_deferred_parts_comes_with_the_last(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		frozen(o)
		o.Budget.Bucket = budget.Bucket{Size: 200, Restore: 1}
	})
	parts := open(t, s.serve(t), "multipart/mixed;deferSpec=20220824", `{products{name ...@defer{reviews{text}}}}`, nil)
	var last string
	for {
		line, err := parts.ReadString('\n')
		if strings.Contains(line, "extensions") {
			last = line
		}
		if err != nil {
			break
		}
	}
	if !strings.Contains(last, `"hasNext":false`) || !strings.Contains(last, `"requestedQueryCost":110,"actualQueryCost":4,`) {
		t.Errorf("got %s", last)
	}
}

func TestCost_is_reported_without_a_budget_when_asked_for(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) { o.ReportCost, o.Limits.Cost = true, 20 })
	if got, want := s.ask(t, `{products{name}}`, ""), `"extensions":{"cost":{"requestedQueryCost":10,"actualQueryCost":2}}}`; !strings.HasSuffix(got, want) {
		t.Error(got)
	}
	if got := s.ask(t, `{products{reviews{text}}}`, ""); !strings.Contains(got, "OPERATION_TOO_EXPENSIVE") {
		t.Error(got)
	}
}
