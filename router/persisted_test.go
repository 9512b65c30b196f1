package router_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devportal.internal/router"
	"devportal.internal/router/persisted"
	"devportal.internal/router/transport/transporttest"
)

// automatic is a request of Apollo's protocol.
func automatic(query, hash string) string {
	members := map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}}
	if query != "" {
		members["query"] = query
	}
	text, _ := json.Marshal(members)
	return string(text)
}

func hasCode(answer transporttest.Answer, code string) bool {
	return strings.Contains(answer.Body, `"code":"`+code+`"`)
}

func TestPersisted_a_document_is_sent_once_and_then_named_on_every_transport(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) { o.MaxBatch, o.Persisted.Automatic = 2, true })
	for _, carrier := range transporttest.Carriers(t, s.serve(t), nil) {
		document := `{product(id:"1"){name}} #` + carrier.Name
		hash := persisted.Hash(document)
		if got := carrier.Send(t, automatic("", hash)); !hasCode(got, persisted.CodeNotFound) || !strings.Contains(got.Body, `"message":"PersistedQueryNotFound"`) {
			t.Errorf("%s: an unknown hash: %s", carrier.Name, got.Body)
		}
		if got := carrier.Send(t, automatic("{__typename}", hash)); !hasCode(got, persisted.CodeHashMismatch) {
			t.Errorf("%s: a wrong hash: %s", carrier.Name, got.Body)
		}
		if got := carrier.Send(t, automatic("", hash)); !hasCode(got, persisted.CodeNotFound) {
			t.Errorf("%s: a wrong hash was kept: %s", carrier.Name, got.Body)
		}
		for _, request := range []string{automatic(document, hash), automatic("", hash)} {
			if got := carrier.Send(t, request); !strings.Contains(got.Body, `"product 1"`) {
				t.Errorf("%s: %s: %s", carrier.Name, request, got.Body)
			}
		}
		invalid := `{nothing} #` + carrier.Name
		carrier.Send(t, automatic(invalid, persisted.Hash(invalid)))
		if got := carrier.Send(t, automatic("", persisted.Hash(invalid))); !hasCode(got, persisted.CodeNotFound) {
			t.Errorf("%s: an invalid document was kept: %s", carrier.Name, got.Body)
		}
	}
}

func TestPersisted_registered_documents_alone_are_run_on_every_transport(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.MaxBatch = 2
		o.Persisted = persisted.Options{Automatic: true, Mode: persisted.Enforce}
	})
	s.Register(listOf(t, `{"one":"{product(id:\"1\"){name}}"}`))
	for _, carrier := range transporttest.Carriers(t, s.serve(t), nil) {
		for _, request := range []string{`{"documentId":"one"}`, `{"doc_id":"one"}`, `{"id":"one"}`, automatic("", "one"), post("\n{product(id:\"1\"){name}} ")} {
			if got := carrier.Send(t, request); !strings.Contains(got.Body, `"product 1"`) {
				t.Errorf("%s: %s: %s", carrier.Name, request, got.Body)
			}
		}
		for request, code := range map[string]string{
			post("{__typename}"):                 persisted.CodeTextNotInList,
			`{"documentId":"two"}`:               persisted.CodeIDNotInList,
			automatic("", persisted.Hash("x")):   persisted.CodeIDNotInList,
			post("{__schema{queryType{name}}}"):  persisted.CodeTextNotInList,
			automatic("{__typename}", "one"):     persisted.CodeHashMismatch,
			`{"documentId":"one","query":"{a}"}`: persisted.CodeHashMismatch,
		} {
			if got := carrier.Send(t, request); !hasCode(got, code) {
				t.Errorf("%s: %s: want %s, got %s", carrier.Name, request, code, got.Body)
			}
		}
	}
}

func TestPersisted_modes_differ_by_client_and_report_only_counts(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) {
		o.MaxBatch = 2
		o.Persisted = persisted.Options{
			Mode: persisted.Enforce, Clients: map[string]persisted.Mode{"old": persisted.Report, "tools": persisted.Off},
		}
	})
	endpoint := s.serve(t)
	for client, refused := range map[string]bool{"old": false, "tools": false, "new": true} {
		for _, name := range []string{"graphql-client-name", "apollographql-client-name"} {
			for _, carrier := range transporttest.Carriers(t, endpoint, http.Header{name: {client}}) {
				if got := carrier.Send(t, post("{__typename}")); hasCode(got, persisted.CodeTextNotInList) != refused {
					t.Errorf("%s, %s: %s", client, carrier.Name, got.Body)
				}
			}
		}
	}
	socket := dial(t, endpoint, modern, nil)
	socket.send(`{"type":"connection_init","payload":{"graphql-client-name":"tools"}}`)
	socket.expect(`{"type":"connection_ack"}`)
	socket.send(`{"type":"subscribe","id":"1","payload":` + post("{__typename}") + `}`)
	socket.expect(`{"type":"next","id":"1","payload":{"data":{"__typename":"Query"}}}`)
	w := httptest.NewRecorder()
	s.ServeMetrics(w, nil)
	metrics := w.Body.String()
	if !strings.Contains(metrics, `router_unregistered_operations_total{client="old"} 20`) || strings.Contains(metrics, `client="tools"`) {
		t.Error(metrics)
	}
}

func TestPersisted_live_operations_outlive_their_registration(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(o *router.Options) { o.Persisted.Mode = persisted.Enforce })
	s.Register(listOf(t, `{"ticks":"subscription{ticks}"}`))
	socket := connect(t, s.serve(t), modern)
	socket.send(`{"type":"subscribe","id":"1","payload":{"documentId":"ticks"}}`)
	s.events <- 1
	socket.expect(`{"type":"next","id":"1","payload":{"data":{"ticks":1}}}`)
	s.Register(persisted.NewList())
	if err := s.Reload(composed(t, map[string]string{"products": productsSDL + "type Later { x: Int }", "reviews": reviewsSDL})); err != nil {
		t.Fatal(err)
	}
	s.events <- 2
	socket.expect(`{"type":"next","id":"1","payload":{"data":{"ticks":2}}}`)
}

func listOf(t *testing.T, manifest string) *persisted.List {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(path, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := (&persisted.Source{Path: path}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return list
}
