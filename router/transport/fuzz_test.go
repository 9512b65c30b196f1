package transport_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"devportal.internal/router/transport"
)

// echo is an engine that answers every request with the length of its document.
type echo struct{}

func (echo) Prepare(_ context.Context, req *transport.Request) (transport.Operation, *transport.Refusal) {
	if strings.HasPrefix(req.Query, "refuse") {
		return nil, transport.Refuse(0, "REFUSED", "refused")
	}
	return answer{req}, nil
}

type answer struct{ req *transport.Request }

func (a answer) Kind() transport.Kind {
	for _, kind := range []transport.Kind{transport.Mutation, transport.Subscription} {
		if strings.HasPrefix(a.req.Query, string(kind)) {
			return kind
		}
	}
	return transport.Query
}

func (answer) Incremental() bool { return false }

func (answer) Execute(context.Context) *transport.Result {
	return &transport.Result{Body: []byte(`{"data":{}}`), HasData: true}
}

func (answer) Stream(context.Context) (transport.Stream, *transport.Refusal) { return nothing{}, nil }

type nothing struct{}

func (nothing) Next(context.Context) (*transport.Result, error) { return nil, io.EOF }
func (nothing) Close()                                          {}

func FuzzHandler_answers_anything_with_a_client_error_or_a_result(f *testing.F) {
	for _, seed := range []struct{ method, query, accept, contentType, encoding, body string }{
		{"POST", "", "application/json", "application/json", "", `{"query":"{a}","variables":{"x":[1,{"y":"\""}]},"extensions":null}`},
		{"POST", "", "*/*;q=0.5, text/event-stream", "application/json; charset=utf-8", "gzip", "\x1f\x8b\x08"},
		{"POST", "", `multipart/mixed;subscriptionSpec="1.0"`, "application/json", "deflate", `{"query":"subscription"}`},
		{"GET", "query={a}&variables={\"a\":1}", "application/graphql-response+json", "", "", ""},
		{"GET", "query=mutation", "text/html;q=x", "text/plain", "", ""},
		{"POST", "", "application/json", "application/json", "", `[{"query":"{a}"},{"query":"refuse"}]`},
		{"HEAD", "graphiql=../x", "text/html", "", "", ""},
		{"OPTIONS", "", "", "", "", ""},
	} {
		f.Add(seed.method, seed.query, seed.accept, seed.contentType, seed.encoding, seed.body)
	}
	handler := transport.New(echo{}, transport.Options{GraphiQL: true, MaxBatch: 3, AllowedOrigins: []string{"https://a.example"}})
	f.Fuzz(func(t *testing.T, method, query, accept, contentType, encoding, body string) {
		r := &http.Request{
			Method: method, URL: &url.URL{Path: "/graphql", RawQuery: query}, Host: "localhost", ProtoMajor: 1,
			Header: http.Header{"Accept": {accept}, "Content-Type": {contentType}, "Content-Encoding": {encoding}, "Origin": {query}},
			Body:   io.NopCloser(strings.NewReader(body)),
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r.WithContext(t.Context()))
		switch w.Code {
		case 200, 204, 400, 403, 404, 405, 406, 413, 415:
		default:
			t.Errorf("status %d: %s", w.Code, w.Body.String())
		}
	})
}
