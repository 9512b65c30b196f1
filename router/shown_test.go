package router_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"devportal.internal/router"
	"devportal.internal/router/transport"
	"devportal.internal/router/transport/transporttest"
)

func TestPlans_are_shown_to_those_who_ask_and_may_on_every_transport(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.MaxBatch, o.Deduplicate, o.ReportCost = 2, both, true
		o.Authenticate = func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			return ctx, transport.Caller{Identity: r.Header.Get("X-User")}, nil
		}
		o.ShowPlan = func(_ context.Context, caller transport.Caller) bool { return caller.Identity == "operator" }
	})
	endpoint := s.serve(t)
	const document = `{products{name reviews{text}}}`
	asking := func(extensions string) string {
		body, _ := json.Marshal(map[string]any{"query": document, "extensions": json.RawMessage(extensions)})
		return string(body)
	}
	const shown = `"plan":"query\n`
	for _, carrier := range transporttest.Carriers(t, endpoint, http.Header{"X-User": {"operator"}}) {
		got := carrier.Send(t, asking(`{"plan":true}`))
		if !strings.Contains(got.Body, shown) || !strings.Contains(got.Body, "reviews") || !strings.Contains(got.Body, `"cost":{`) {
			t.Errorf("%s: %s", carrier.Name, got.Body)
		}
		for _, silent := range []string{`{}`, `{"plan":false}`, `{"plan":"yes"}`} {
			if got = carrier.Send(t, asking(silent)); strings.Contains(got.Body, `"plan"`) || !strings.Contains(got.Body, `"data"`) {
				t.Errorf("%s: %s: %s", carrier.Name, silent, got.Body)
			}
		}
	}
	for _, carrier := range transporttest.Carriers(t, endpoint, http.Header{"X-User": {"somebody"}}) {
		if got := carrier.Send(t, asking(`{"plan":true}`)); strings.Contains(got.Body, `"plan"`) || !strings.Contains(got.Body, `"data"`) {
			t.Errorf("%s: %s", carrier.Name, got.Body)
		}
	}
}
