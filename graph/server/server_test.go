package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"devportal.internal/graph/server"
)

// schema is an executable schema as small as can be: every operation is answered by one function.
type schema struct {
	parsed *ast.Schema
	answer func(ctx context.Context) graphql.ResponseHandler
}

func (s schema) Schema() *ast.Schema { return s.parsed }

func (s schema) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (s schema) Exec(ctx context.Context) graphql.ResponseHandler { return s.answer(ctx) }

// serve serves a schema; a request with the header `Authorization: yes` is let in.
func serve(t *testing.T, opts server.Options, answer func(ctx context.Context) graphql.ResponseHandler) http.Handler {
	t.Helper()
	parsed := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { a: Query b(x: Int, y: [String]): String _service: Service }
		type Service { sdl: String }
		type Subscription { a: String }`})
	opts.Name, opts.Logger = "test", slog.New(slog.NewTextHandler(t.Output(), nil))
	opts.Authenticate = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "yes" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	return server.New(schema{parsed, answer}, opts)
}

func once(data string) func(context.Context) graphql.ResponseHandler {
	return func(context.Context) graphql.ResponseHandler {
		return graphql.OneShot(&graphql.Response{Data: json.RawMessage(data)})
	}
}

func post(handler http.Handler, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "yes")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder
}

func query(text string) string {
	body, _ := json.Marshal(map[string]string{"query": text})
	return string(body)
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	handler := serve(t, server.Options{MaxBodyBytes: 1 << 20}, once(`{}`))
	deep := strings.Repeat("{a", 60) + "{b}" + strings.Repeat("}", 60)
	doubled := "{ ...f0 } "
	for i := range 30 {
		doubled += fmt.Sprintf("fragment f%d on Query { x: a { ...f%d } y: a { ...f%d } } ", i, i+1, i+1)
	}
	doubled += "fragment f30 on Query { b }"
	tests := map[string]struct {
		body    string
		headers []string
		status  int
		code    string
	}{
		"a request without the internal token": {query("{b}"), []string{"Authorization", ""}, 401, ""},
		"a body of another type":               {query("{b}"), []string{"Content-Type", "text/plain"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"a body in another charset":            {query("{b}"), []string{"Content-Type", "application/json; charset=utf-16"}, 415, "UNSUPPORTED_MEDIA_TYPE"},
		"a body that is too large":             {query("{b #" + strings.Repeat("x", 2<<20) + "\n}"), nil, 413, "PAYLOAD_TOO_LARGE"},
		"a body that is no JSON":               {`{"query": secret`, nil, 400, "BAD_REQUEST"},
		"a body with more behind":              {query("{b}") + "{}", nil, 400, "BAD_REQUEST"},
		"a query that is no text":              {`{"query": 5}`, nil, 400, "BAD_REQUEST"},
		"nothing":                              {`{}`, nil, 400, "BAD_REQUEST"},
		"a document with too many tokens":      {query("{" + strings.Repeat("b ", 20_001) + "}"), nil, 200, "GRAPHQL_PARSE_FAILED"},
		"a document that is too deep":          {query(deep), nil, 200, "OPERATION_TOO_COMPLEX"},
		"fragments that double":                {query(doubled), nil, 200, "OPERATION_TOO_COMPLEX"},
		"a fragment that spreads itself":       {query("{...f} fragment f on Query {a{...f}}"), nil, 200, "GRAPHQL_VALIDATION_FAILED"},
		"too many fields":                      {query("{" + strings.Repeat("b ", 10_001) + "}"), nil, 200, "OPERATION_TOO_COMPLEX"},
		"a subscription without a stream":      {query("subscription {a}"), nil, 406, "NOT_ACCEPTABLE"},
		"an unknown field":                     {query("{nope}"), nil, 200, "GRAPHQL_VALIDATION_FAILED"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			answer := post(handler, tt.body, tt.headers...)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if answer.Code != tt.status || (tt.code != "" && !strings.Contains(answer.Body.String(), `"code":"`+tt.code+`"`)) {
				t.Errorf("status %d, want %d; body %.300s, want %s", answer.Code, tt.status, answer.Body, tt.code)
			}
			if strings.Contains(answer.Body.String(), "secret") || answer.Body.Len() > 2000 {
				t.Errorf("the answer repeats the request: %.300s", answer.Body)
			}
		})
	}
}

func TestErrorsOfADocumentAreBounded(t *testing.T) {
	t.Parallel()
	handler := serve(t, server.Options{}, once(`{}`))
	var fields strings.Builder
	for i := range 5_000 {
		_, _ = fmt.Fprintf(&fields, "n%d ", i)
	}
	var answer struct{ Errors []any }
	if err := json.Unmarshal(post(handler, query("{"+fields.String()+"}")).Body.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Errors) == 0 || len(answer.Errors) > 100 {
		t.Errorf("%d errors", len(answer.Errors))
	}
}

func TestIntrospectionIsForTheRouterAlone(t *testing.T) {
	t.Parallel()
	handler := serve(t, server.Options{}, func(ctx context.Context) graphql.ResponseHandler {
		return graphql.OneShot(&graphql.Response{
			Data: json.RawMessage(fmt.Sprintf("%t", !graphql.GetOperationContext(ctx).DisableIntrospection)),
		})
	})
	for document, want := range map[string]string{
		"{ _service { sdl } }": `{"data":true}`, "{ b }": `{"data":false}`, "{ b _service { sdl } }": `{"data":false}`,
	} {
		if got := post(handler, query(document)).Body.String(); got != want {
			t.Errorf("%s: %s, want %s", document, got, want)
		}
	}
}

func TestAPanicOutsideOfAnyFieldIsMasked(t *testing.T) {
	t.Parallel()
	handler := serve(t, server.Options{}, func(context.Context) graphql.ResponseHandler {
		return func(context.Context) *graphql.Response { panic("hunter2") }
	})
	for _, accept := range []string{"application/json", "text/event-stream"} {
		ctx, cancel := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(query("{b}")))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", accept)
		r.Header.Set("Authorization", "yes")
		recorder := &firstWrite{ResponseRecorder: httptest.NewRecorder(), then: cancel}
		handler.ServeHTTP(recorder, r)
		cancel()
		if body := recorder.Body.String(); !strings.Contains(body, `"code":"INTERNAL"`) || strings.Contains(body, "hunter2") {
			t.Errorf("%s: %s", accept, body)
		}
	}
}

// firstWrite ends the request once something of substance was written.
type firstWrite struct {
	*httptest.ResponseRecorder
	then func()
}

func (w *firstWrite) Write(text []byte) (int, error) {
	if len(text) > 10 {
		defer w.then()
	}
	return w.ResponseRecorder.Write(text)
}

func TestEventsAreStreamed(t *testing.T) {
	t.Parallel()
	handler := serve(t, server.Options{}, func(context.Context) graphql.ResponseHandler {
		left := 2
		return func(context.Context) *graphql.Response {
			if left--; left < 0 {
				return nil
			}
			return &graphql.Response{Data: json.RawMessage(fmt.Sprintf(`{"a":"%d"}`, left))}
		}
	})
	got := post(handler, query("subscription {a}"), "Accept", "text/event-stream").Body.String()
	want := ":\n\n" +
		"event: next\ndata: {\"data\":{\"a\":\"1\"}}\n\n" +
		"event: next\ndata: {\"data\":{\"a\":\"0\"}}\n\n" +
		"event: complete\ndata:\n\n"
	if got != want {
		t.Errorf("stream:\n%s\nwant:\n%s", got, want)
	}
}
