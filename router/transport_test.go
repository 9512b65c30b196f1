package router_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"devportal.internal/router"
	"devportal.internal/router/transport"
)

// exchange is a request by HTTP and what must come back.
type exchange struct {
	name   string
	method string
	target string
	header map[string]string
	body   string

	status  int
	code    string
	content string
	text    string
}

func (e exchange) run(t *testing.T, endpoint string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), e.method, endpoint+e.target, strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range e.header {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var refused struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	_ = json.Unmarshal(body, &refused)
	code := ""
	if len(refused.Errors) > 0 {
		code = refused.Errors[0].Extensions.Code
	}
	if resp.StatusCode != e.status || code != e.code {
		t.Errorf("got %d %s, want %d %s: %.300s", resp.StatusCode, code, e.status, e.code, body)
	}
	if got := resp.Header.Get("Content-Type"); e.content != "" && !strings.HasPrefix(got, e.content) {
		t.Errorf("got content type %s, want %s", got, e.content)
	}
	if !strings.Contains(string(body), e.text) {
		t.Errorf("no %q in %.300s", e.text, body)
	}
	return resp
}

func query(document string) string { return "?query=" + url.QueryEscape(document) }

func post(document string) string {
	body, _ := json.Marshal(map[string]string{"query": document})
	return string(body)
}

func compressed(t *testing.T, scheme string, content []byte) string {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	if scheme == "deflate" {
		w, err = zlib.NewWriterLevel(&out, zlib.BestSpeed)
	} else {
		w, err = gzip.NewWriterLevel(&out, gzip.BestSpeed)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const (
	jsonType    = "application/json"
	graphqlType = "application/graphql-response+json"
)

func TestHTTP_speaks_GraphQL_over_HTTP(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, nil).serve(t)
	bomb := append([]byte(`{"query":"{__typename}","x":"`), bytes.Repeat([]byte("a"), 20<<20)...)
	asJSON := map[string]string{"Content-Type": jsonType}
	with := func(pairs ...string) map[string]string {
		header := map[string]string{"Content-Type": jsonType}
		for at := 0; at < len(pairs); at += 2 {
			header[pairs[at]] = pairs[at+1]
		}
		return header
	}
	for _, e := range []exchange{
		{name: "POST", method: "POST", header: asJSON, body: post("{__typename}"), status: 200, content: jsonType, text: `{"data":{"__typename":"Query"}}`},
		{name: "POST for the new media type", method: "POST", header: with("Accept", graphqlType), body: post("{__typename}"), status: 200, content: graphqlType},
		{name: "POST with preferences", method: "POST", header: with("Accept", "application/json;q=0.1, application/graphql-response+json;q=0.9"), body: post("{__typename}"), status: 200, content: graphqlType},
		{name: "GET", method: "GET", target: query("{__typename}"), status: 200, text: "Query"},
		{name: "GET with JSON's content type", method: "GET", target: query("{__typename}"), header: asJSON, status: 200},
		{name: "HEAD", method: "HEAD", target: query("{__typename}"), status: 200},
		{name: "an invalid document, new media type", method: "POST", header: with("Accept", graphqlType), body: post("{x}"), status: 400, code: "GRAPHQL_VALIDATION_FAILED"},
		{name: "an invalid document, legacy", method: "POST", header: with("Accept", jsonType), body: post("{x}"), status: 200, code: "GRAPHQL_VALIDATION_FAILED"},
		{name: "broken JSON", method: "POST", header: asJSON, body: `{"query`, status: 400, code: "BAD_REQUEST"},
		{name: "no UTF-8", method: "POST", header: asJSON, body: "{\"query\":\"{__typename}#\xff\"}", status: 400, code: "BAD_REQUEST"},
		{name: "an array", method: "POST", header: asJSON, body: "[" + post("{__typename}") + "]", status: 400, code: "BAD_REQUEST"},
		{name: "no query", method: "POST", header: asJSON, body: `{}`, status: 400, code: "BAD_REQUEST"},
		{name: "variables that are a list", method: "POST", header: asJSON, body: `{"query":"{__typename}","variables":[]}`, status: 400, code: "BAD_REQUEST"},
		{name: "nothing acceptable", method: "POST", header: with("Accept", "text/csv"), body: post("{__typename}"), status: 406, code: "NOT_ACCEPTABLE"},
		{name: "another method", method: "DELETE", status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "a mutation by GET", method: "GET", target: query(`mutation{rename(id:"1",name:"x"){id}}`), status: 405, code: "METHOD_NOT_ALLOWED"},
		{name: "a subscription without a stream", method: "POST", header: asJSON, body: post("subscription{ticks}"), status: 406, code: "NOT_ACCEPTABLE"},
		{name: "gzip", method: "POST", header: with("Content-Encoding", "gzip"), body: compressed(t, "gzip", []byte(post("{__typename}"))), status: 200},
		{name: "deflate", method: "POST", header: with("Content-Encoding", "deflate"), body: compressed(t, "deflate", []byte(post("{__typename}"))), status: 200},
		{name: "another encoding", method: "POST", header: with("Content-Encoding", "br"), body: "x", status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "gzip twice", method: "POST", header: with("Content-Encoding", "gzip, gzip"), body: "x", status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "gzip that is none", method: "POST", header: with("Content-Encoding", "gzip"), body: "xxxxxxxxxxxx", status: 400, code: "BAD_REQUEST"},
		{name: "attack 13: a gzip bomb", method: "POST", header: with("Content-Encoding", "gzip"), body: compressed(t, "gzip", bomb), status: 413, code: "PAYLOAD_TOO_LARGE"},
		{name: "attack 13: a deflate bomb", method: "POST", header: with("Content-Encoding", "deflate"), body: compressed(t, "deflate", bomb), status: 413, code: "PAYLOAD_TOO_LARGE"},
		{name: "a body that is too large", method: "POST", header: asJSON, body: string(bomb[:3<<20]), status: 413, code: "PAYLOAD_TOO_LARGE"},
		{name: "attack 14: UTF-7", method: "POST", header: with("Content-Type", "application/json; charset=utf-7"), body: post("{__typename}"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 14: UTF-16", method: "POST", header: with("Content-Type", "application/json; charset=utf-16"), body: post("{__typename}"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: text/plain", method: "POST", header: with("Content-Type", "text/plain"), body: post("{__typename}"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: a form", method: "POST", header: with("Content-Type", "application/x-www-form-urlencoded"), body: "query={__typename}", status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: multipart", method: "POST", header: with("Content-Type", "multipart/form-data; boundary=x"), body: "--x--", status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: no content type", method: "POST", header: with("Content-Type", ""), body: post("{__typename}"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: two content types", method: "POST", header: with("Content-Type", "text/plain, application/json"), body: post("{__typename}"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: GET with an odd content type", method: "GET", target: query("{__typename}"), header: with("Content-Type", "multipart/form-data"), status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "attack 15: GET with a cookie from another site", method: "GET", target: query("{__typename}"), header: map[string]string{"Cookie": "s=1", "Origin": "https://evil.example"}, status: 403, code: "CSRF_PREVENTED"},
		{name: "attack 15: GET with a cookie by a link", method: "GET", target: query("{__typename}"), header: map[string]string{"Cookie": "s=1", "Sec-Fetch-Site": "cross-site"}, status: 403, code: "CSRF_PREVENTED"},
		{name: "attack 16: events from another site", method: "GET", target: query("subscription{ticks}"), header: map[string]string{"Accept": "text/event-stream", "Origin": "https://evil.example"}, status: 403, code: "ORIGIN_NOT_ALLOWED"},
		{name: "attack 35: a huge number", method: "POST", header: asJSON, body: `{"query":"query($n:Int){products(first:$n){id}}","variables":{"n":1e999999}}`, status: 200, code: "BAD_USER_INPUT"},
		{name: "attack 35: a number with many digits", method: "POST", header: asJSON, body: `{"query":"query($n:Int){products(first:$n){id}}","variables":{"n":` + strings.Repeat("9", 100_000) + `}}`, status: 200, code: "BAD_USER_INPUT"},
		{name: "attack 35: a huge number in the document", method: "POST", header: asJSON, body: post(`{products(first:` + strings.Repeat("9", 10_000) + `){id}}`), status: 200, code: "GRAPHQL_VALIDATION_FAILED"},
		{name: "attack 6: lists nested in variables", method: "POST", header: asJSON, body: `{"query":"{__typename}","variables":{"x":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000) + `}}`, status: 400, code: "BAD_REQUEST"},
		{name: "attack 6: very many values in variables", method: "POST", header: asJSON, body: `{"query":"{__typename}","variables":{"x":[` + strings.Repeat("0,", 400_000) + `0]}}`, status: 400, code: "BAD_REQUEST"},
		{name: "GraphiQL", method: "GET", header: map[string]string{"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}, status: 200, content: "text/html", text: "graphiql.js"},
		{name: "an asset of GraphiQL", method: "GET", target: "?graphiql=graphiql.js", status: 200, content: "text/javascript", text: "GraphiQL"},
		{name: "an asset that is not there", method: "GET", target: "?graphiql=../page.html", status: 404},
	} {
		t.Run(e.name, func(t *testing.T) { e.run(t, endpoint) })
	}
}

func TestHTTP_lets_pages_of_allowed_origins_in_and_no_others(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, func(o *router.Options) {
		o.AllowedOrigins, o.AllowedHeaders = []string{"https://portal.example"}, []string{"X-Shop-Token"}
	}).serve(t)
	for origin, allowed := range map[string]string{"https://portal.example": "https://portal.example", "https://evil.example": "", "null": ""} {
		resp := exchange{method: "OPTIONS", header: map[string]string{"Origin": origin, "Access-Control-Request-Method": "POST"}, status: 204}.run(t, endpoint)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("%s: preflight allows %q", origin, got)
		}
		if got := resp.Header.Get("Access-Control-Allow-Headers"); strings.HasSuffix(got, ", X-Shop-Token") != (allowed != "") {
			t.Errorf("%s: preflight allows the headers %q", origin, got)
		}
		resp = exchange{method: "POST", header: map[string]string{"Origin": origin, "Content-Type": jsonType}, body: post("{__typename}"), status: 200}.run(t, endpoint)
		if got := resp.Header.Get("Access-Control-Allow-Origin"); got != allowed {
			t.Errorf("%s: response allows %q", origin, got)
		}
	}
}

func TestHTTP_refuses_an_ambient_caller_from_another_site(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, func(o *router.Options) {
		o.Authenticate = func(ctx context.Context, r *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
			if r.Header.Get("Authorization") == "wrong" {
				return nil, transport.Caller{}, context.Canceled
			}
			return ctx, transport.Caller{Identity: "developer", Ambient: true}, nil
		}
	}).serve(t)
	exchange{method: "POST", header: map[string]string{"Origin": "https://evil.example", "Content-Type": jsonType}, body: post("{__typename}"), status: 403, code: "CSRF_PREVENTED"}.run(t, endpoint)
	exchange{method: "POST", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Content-Type": jsonType}, body: post("{__typename}"), status: 403, code: "CSRF_PREVENTED"}.run(t, endpoint)
	exchange{method: "POST", header: map[string]string{"Content-Type": jsonType}, body: post("{__typename}"), status: 200}.run(t, endpoint)
	resp := exchange{method: "POST", header: map[string]string{"Authorization": "wrong", "Content-Type": jsonType}, body: post("{__typename}"), status: 401, code: "UNAUTHENTICATED"}.run(t, endpoint)
	if resp.Header.Get("Www-Authenticate") == "" {
		t.Error("401 without a challenge")
	}
}

func TestHTTP_counts_limits_across_a_batch(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits func(*router.Limits)
		one    string
		code   string
	}{
		"tokens":      {func(l *router.Limits) { l.Tokens = 9 }, `{products{name}}`, "GRAPHQL_PARSE_FAILED"},
		"selections":  {func(l *router.Limits) { l.Document.Selections = 3 }, `{products{name}}`, "OPERATION_TOO_COMPLEX"},
		"aliases":     {func(l *router.Limits) { l.Document.Aliases = 1 }, `{a:products{name}}`, "OPERATION_TOO_COMPLEX"},
		"directives":  {func(l *router.Limits) { l.Document.Directives = 1 }, `{products @skip(if:false){name}}`, "OPERATION_TOO_COMPLEX"},
		"root fields": {func(l *router.Limits) { l.Document.RootFields = 1 }, `{products{name}}`, "OPERATION_TOO_COMPLEX"},
		"cost":        {func(l *router.Limits) { l.Cost = 15 }, `{products{name}}`, "OPERATION_TOO_EXPENSIVE"},
	} {
		s := newShop(t, func(o *router.Options) { o.MaxBatch = 3; c.limits(&o.Limits) })
		endpoint, wrong := s.serve(t), post("{nothing}")
		batch := func(requests ...string) string { return "[" + strings.Join(requests, ",") + "]" }
		send := func(body, text string) {
			t.Helper()
			exchange{method: "POST", header: map[string]string{"Content-Type": jsonType}, body: body, status: 200, text: text}.run(t, endpoint)
		}
		t.Log(name)
		send(batch(post(c.one)), `[{"data":{`)
		send(batch(post(c.one), wrong), `},{"errors":[`)
		send(batch(post(c.one), post(c.one)), `"code":"`+c.code+`"`)
		send(batch(post(c.one), post(c.one), wrong), `"code":"GRAPHQL_VALIDATION_FAILED"`)
		send(batch(wrong, post(c.one)), `{"data":{`)
	}
}

func TestHTTP_answers_batches_only_when_enabled(t *testing.T) {
	t.Parallel()
	endpoint := newShop(t, func(o *router.Options) { o.MaxBatch = 2 }).serve(t)
	asJSON := map[string]string{"Content-Type": jsonType}
	one := post("{__typename}")
	exchange{method: "POST", header: asJSON, body: "[" + one + "," + post("{x}") + "]", status: 200, text: `[{"data":{"__typename":"Query"}},{"errors":[`}.run(t, endpoint)
	exchange{method: "POST", header: asJSON, body: "[" + one + "," + one + "," + one + "]", status: 400, code: "BAD_REQUEST"}.run(t, endpoint)
	exchange{method: "POST", header: asJSON, body: "[]", status: 400, code: "BAD_REQUEST"}.run(t, endpoint)
}
