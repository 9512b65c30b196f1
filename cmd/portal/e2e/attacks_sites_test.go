package e2e_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// attackWithBombs sends few bytes that decompress to many.
func attackWithBombs(t *testing.T, v victim) {
	zeros := bytes.Repeat([]byte(" "), 1<<20)
	compress := func(w io.WriteCloser) {
		for range 200 {
			_, _ = w.Write(zeros)
		}
		_ = w.Close()
	}
	var gzipped, deflated, twice bytes.Buffer
	compress(gzip.NewWriter(&gzipped))
	compress(zlib.NewWriter(&deflated))
	again := gzip.NewWriter(&twice)
	_, _ = again.Write(gzipped.Bytes())
	_ = again.Close()
	json := map[string]string{"Content-Type": jsonType}
	tests := []struct {
		name     string
		encoding string
		body     []byte
		status   int
	}{
		{"gzip", "gzip", gzipped.Bytes(), http.StatusRequestEntityTooLarge},
		{"deflate", "deflate", deflated.Bytes(), http.StatusRequestEntityTooLarge},
		{"gzip in gzip", "gzip, gzip", twice.Bytes(), http.StatusUnsupportedMediaType},
		{"an unknown compression", "br", gzipped.Bytes(), http.StatusUnsupportedMediaType},
		{"no compression at all", "gzip", []byte(`{"query":"{__typename}"}`), http.StatusBadRequest},
		{"half of a compressed body", "gzip", gzipped.Bytes()[:100], http.StatusBadRequest},
		{"a large body", "", bytes.Repeat(zeros, 3), http.StatusRequestEntityTooLarge},
	}
	for _, tt := range tests {
		for _, accept := range []string{jsonType, "text/event-stream"} {
			headers := with(json, "Accept", accept)
			if tt.encoding != "" {
				headers["Content-Encoding"] = tt.encoding
			}
			v.send(t, http.MethodPost, "/graphql", headers, tt.body).mustBe(t, tt.name+" for "+accept, tt.status)
		}
	}
	if conn, _ := v.dial(t, nil); conn != nil {
		ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
		defer cancel()
		_ = conn.Write(ctx, websocket.MessageText, bytes.Repeat(zeros, 3))
		if _, _, err := conn.Read(ctx); websocket.CloseStatus(err) == -1 && !strings.Contains(fmt.Sprint(err), "reset") {
			t.Errorf("a websocket message of 3 MB: %v, want a close", err)
		}
	}
}

// attackAcrossSites sends what a page can send without asking first, and what it cannot.
func attackAcrossSites(t *testing.T, v victim) {
	folder := filepath.Join(v.folder, "repositories", "forged")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "catalog-info.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, newComponent, "forged", "everyone"), 0o600); err != nil {
		t.Fatal(err)
	}
	variables := map[string]any{"input": map[string]any{"type": "file", "target": file}}
	body, err := json.Marshal(map[string]any{"query": register, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(variables)
	values := url.Values{"query": {register}, "variables": {string(text)}}
	form := "/graphql?" + values.Encode()
	multipart := "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + string(body) + "\r\n--x--\r\n"
	tests := []struct {
		name, method, path string
		headers            map[string]string
		body               string
		statuses           []int
	}{
		{"text", http.MethodPost, "/graphql", map[string]string{"Content-Type": "text/plain"}, string(body), []int{415}},
		{"text from another site", http.MethodPost, "/graphql", map[string]string{"Content-Type": "text/plain", "Origin": "https://evil.example"}, string(body), []int{401, 403, 415}},
		{"text that says JSON", http.MethodPost, "/graphql", map[string]string{"Content-Type": "text/plain; application/json"}, string(body), []int{415}},
		{"a form", http.MethodPost, "/graphql", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, values.Encode(), []int{415}},
		{"an upload", http.MethodPost, "/graphql", map[string]string{"Content-Type": "multipart/form-data; boundary=x"}, multipart, []int{415}},
		{"no type", http.MethodPost, "/graphql", nil, string(body), []int{415}},
		{"another charset", http.MethodPost, "/graphql", map[string]string{"Content-Type": "application/json; charset=utf-16"}, string(body), []int{415}},
		{"a link", http.MethodGet, form, nil, "", []int{405}},
		{"a link with a type", http.MethodGet, form, map[string]string{"Content-Type": "text/plain"}, "", []int{405, 415}},
		{"a link for a stream", http.MethodGet, form, map[string]string{"Accept": "text/event-stream"}, "", []int{405}},
		{"HEAD", http.MethodHead, form, nil, "", []int{405}},
		{"PUT", http.MethodPut, form, nil, string(body), []int{400, 401, 403, 404, 405, 201}},
		{"JSON from another site", http.MethodPost, "/graphql", map[string]string{"Content-Type": jsonType, "Origin": "https://evil.example"}, string(body), []int{401, 403}},
		{"JSON from a fetch of another site", http.MethodPost, "/graphql", map[string]string{"Content-Type": jsonType, "Sec-Fetch-Site": "cross-site"}, string(body), []int{401, 403}},
	}
	for _, tt := range tests {
		v.send(t, tt.method, tt.path, tt.headers, []byte(tt.body)).mustBe(t, tt.name, tt.statuses...)
	}
	preflight := v.send(t, http.MethodOptions, "/graphql", map[string]string{"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}, nil)
	if allowed := preflight.header.Get("Access-Control-Allow-Origin"); allowed != "" {
		t.Errorf("a preflight of another site allows %q", allowed)
	}
	if got := v.ask(t, `{ entity(ref: "component:default/forged") { ref } }`, nil); string(got.Data) != `{"entity":null}` {
		t.Errorf("one of the requests was carried out: %s", got.Data)
	}
}

// dial opens a websocket with these headers; without one, the status tells why.
func (c client) dial(t testing.TB, headers map[string]string) (*websocket.Conn, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	options := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{}, Host: headers["Host"]}
	for name, value := range headers {
		if name != "Host" {
			options.HTTPHeader.Set(name, value)
		}
	}
	conn, response, err := websocket.Dial(ctx, "ws://"+c.listen+"/graphql", options)
	if err != nil {
		if response == nil {
			t.Fatal(err)
		}
		return nil, response.StatusCode
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, response.StatusCode
}

// attackStreamsAcrossSites opens websockets and events from origins that look like ours.
func attackStreamsAcrossSites(t *testing.T, v victim) {
	token := v.token(t, "user:default/vera.kowal", "viewer")
	origins := []string{
		"https://evil.example", "null", "http://" + v.listen + ".evil.example", "http://" + v.listen + "@evil.example",
		"http://evil.example/" + v.listen, "http://localhost", "file://", "http://127.0.0.1:1", "http://[::1]", "//" + v.listen + "x",
	}
	for _, origin := range origins {
		if conn, status := v.dial(t, map[string]string{"Origin": origin}); conn != nil || status != http.StatusForbidden {
			t.Errorf("a websocket from %s: %d, want 403 before the upgrade", origin, status)
		}
		headers := map[string]string{"Origin": origin, "Accept": "text/event-stream", "Content-Type": jsonType, "Authorization": "Bearer " + token}
		v.send(t, http.MethodPost, "/graphql", headers, []byte(`{"query":"{ viewer { user { ref } } }"}`)).mustBe(t, "events from "+origin, http.StatusForbidden)
	}
	if conn, status := v.dial(t, map[string]string{"Origin": "http://" + v.listen}); conn == nil {
		t.Errorf("a websocket from our own origin: %d", status)
	}
}

// attackTheDevelopmentUser sends no credential, in ways that only somebody else than a user of this machine would.
func attackTheDevelopmentUser(t *testing.T, v victim) {
	port := v.listen[strings.LastIndexByte(v.listen, ':'):]
	tests := map[string]map[string]string{
		"from another origin":             {"Origin": "https://evil.example"},
		"from a sandboxed page":           {"Origin": "null"},
		"from another port":               {"Origin": "http://127.0.0.1:1"},
		"from another scheme":             {"Origin": "https://" + v.listen},
		"by a fetch of another site":      {"Sec-Fetch-Site": "cross-site"},
		"by a fetch of a sister site":     {"Sec-Fetch-Site": "same-site"},
		"by a rebound name":               {"Host": "evil.example" + port},
		"by a name that begins so":        {"Host": "127.0.0.1.nip.io" + port},
		"by a name that ends so":          {"Host": "evil.localhost" + port},
		"by another address":              {"Host": "169.254.169.254" + port},
		"by any address":                  {"Host": "0.0.0.0" + port},
		"by a rebound name as its origin": {"Host": "evil.example" + port, "Origin": "http://evil.example" + port},
		"through a proxy":                 {"X-Forwarded-For": "10.0.0.1"},
		"through a proxy, says it":        {"Forwarded": "for=127.0.0.1"},
		"through a proxy, by its host":    {"X-Forwarded-Host": "127.0.0.1"},
		"through a proxy, empty":          {"X-Forwarded-For": ""},
		"through a proxy, underscored":    {"X_Forwarded_For": "127.0.0.1"},
		"through nginx":                   {"X-Real-Ip": "127.0.0.1"},
		"via something":                   {"Via": "1.1 proxy"},
		"with an empty credential":        {"Authorization": ""},
		"with a credential of no use":     {"Authorization": "Basic cm9vdDpyb290"},
		"with a cookie of another site":   {"Cookie": "session=1", "Sec-Fetch-Site": "cross-site"},
	}
	body := []byte(`{"query":"{ viewer { user { ref } } }"}`)
	link := "/graphql?query=" + url.QueryEscape("{ viewer { user { ref } } }")
	for name, headers := range tests {
		v.send(t, http.MethodPost, "/graphql", with(headers, "Content-Type", jsonType), body).mustBe(t, name, 401, 403)
		v.send(t, http.MethodGet, link, headers, nil).mustBe(t, name+", a link", 401, 403)
		v.send(t, http.MethodGet, link, with(headers, "Accept", "text/event-stream"), nil).mustBe(t, name+", as events", 401, 403)
		if conn, status := v.dial(t, headers); conn != nil && !refusedAtInit(t, conn, map[string]any{}) {
			t.Errorf("%s: a websocket is opened (%d) and welcomed", name, status)
		}
	}
}

// refusedAtInit says whether a websocket is closed as an answer to connection_init.
func refusedAtInit(t testing.TB, conn *websocket.Conn, payload any) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerTimeout)
	defer cancel()
	raw, err := json.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Write(ctx, conn, message{Type: "connection_init", Payload: raw}); err != nil {
		return true
	}
	var m message
	err = wsjson.Read(ctx, conn, &m)
	code := websocket.CloseStatus(err)
	return code == 4403 || code == 4401
}
