package e2e_test

import (
	"net/http"
	"strings"
	"testing"
)

// checkDenials has a portal refuse things on several transports, and looks for that in its audit log: as an admin, then, when it
// has stopped, in the export, which must hold no secret and verify.
func checkDenials(t *testing.T, v victim) {
	viewer := client{v.listen, v.token(t, "user:default/vera.kowal", "viewer")}
	viewer.ask(t, `{ one: policies { pageInfo { hasNextPage } } two: policies { pageInfo { hasNextPage } } }`, nil)
	viewer.subscribe(t, `{ serviceAccounts(first: 1) { nodes { ref } } }`, nil).receive(t.Context())
	v.send(t, http.MethodPost, "/graphql", with(bearer(viewer.token), "Accept", "text/event-stream", "Content-Type", jsonType),
		[]byte(`{"query":"{ auditEvents(first: 1) { nodes { action } } }"}`))
	v.send(t, http.MethodPost, "/graphql", with(bearer(canary), "Content-Type", jsonType), []byte(`{"query":"{viewer{ref}}"}`))
	admin := client{v.listen, v.token(t, "user:default/some.admin", "admin")}
	want := map[string]bool{
		"user:default/vera.kowal Query.policies FORBIDDEN":        true,
		"user:default/vera.kowal Query.serviceAccounts FORBIDDEN": true,
		"user:default/vera.kowal Query.auditEvents FORBIDDEN":     true,
		" request TOKEN_INVALID":                                  true,
	}
	var data struct {
		AuditEvents struct {
			Nodes []struct{ Actor, Action, Code, Address string }
		}
	}
	admin.data(t, `{ auditEvents(first: 100, filter: {kinds: [DENIED]}) { nodes { actor action code address } } }`, nil, &data)
	for _, e := range data.AuditEvents.Nodes {
		if e.Address == "" {
			t.Errorf("%+v comes from nowhere", e)
		}
		delete(want, e.Actor+" "+e.Action+" "+e.Code)
	}
	if len(want) > 0 {
		t.Errorf("not in the audit log: %v; it has %+v", want, data.AuditEvents.Nodes)
	}

	v.process.stop()
	exported := prints(t, append([]string{"audit", "export", "--kind", "denied"}, settings(t, v.folder)...)...)
	if !strings.Contains(exported, `"Query.policies"`) || strings.Contains(exported, canary) {
		t.Errorf("the export: %s", exported)
	}
	if verified := prints(t, append([]string{"audit", "verify"}, settings(t, v.folder)...)...); !strings.Contains(verified, "records") {
		t.Errorf("verify prints %s", verified)
	}
}
