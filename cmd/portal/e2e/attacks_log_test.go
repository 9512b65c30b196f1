package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// canary is a secret that must come back from nowhere.
const canary = "c4n4ry-7Qx9vZ2m"

// attackTheLog leaves secrets, and line breaks, wherever a client can, and looks for them in all that the portal tells.
func attackTheLog(t *testing.T, v victim) {
	forged := "x\ntime=2020-01-01T00:00:00Z level=ERROR msg=forged-line\r\n\x1b[31m"
	var answers strings.Builder
	send := func(method, path string, headers map[string]string, body any) {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		got := v.send(t, method, path, with(headers, "Content-Type", jsonType), raw)
		fmt.Fprintf(&answers, "%d %v %s\n", got.status, got.header, got.body)
	}
	query := map[string]any{"query": me}
	send(http.MethodPost, "/graphql", map[string]string{"Authorization": "Bearer " + canary}, query)
	send(http.MethodPost, "/graphql", map[string]string{"Authorization": canary}, query)
	send(http.MethodPost, "/graphql?access_token="+canary, map[string]string{"X-Api-Key": canary, "Cookie": "session=" + canary}, query)
	send(http.MethodPost, "/graphql", map[string]string{"Proxy-Authorization": "Basic " + canary, "User-Agent": canary, "Referer": "https://x/?token=" + canary}, query)
	send(http.MethodGet, "/graphql?token="+canary+"&query="+url.QueryEscape(me), nil, nil)
	send(http.MethodGet, "/schema.graphql?token="+canary, nil, nil)
	send(http.MethodPost, "/graphql", nil, map[string]any{"query": me, "password": canary, "extensions": map[string]any{"token": canary}})
	for _, target := range []string{"https://user:" + canary + "@127.0.0.1/x", "http://127.0.0.1/x?token=" + canary, "https://" + canary + "@localhost/"} {
		send(http.MethodPost, "/graphql", nil, map[string]any{"query": register, "variables": map[string]any{"input": map[string]any{"type": "url", "target": target}}})
	}
	if conn, _ := v.dial(t, nil); conn != nil && !refusedAtInit(t, conn, map[string]any{"Authorization": "Bearer " + canary}) {
		t.Error("the canary is a welcome token")
	}
	send(http.MethodPost, "/graphql", nil, map[string]any{"query": "query Me { viewer { user { ref } } }", "operationName": forged})
	send(http.MethodPost, "/graphql", nil, map[string]any{"query": register, "variables": map[string]any{"input": map[string]any{"type": "file", "target": forged}}})
	send(http.MethodGet, "/"+url.PathEscape(forged), nil, nil)
	send("GET", "/graphql?query=%0Alevel=ERROR%20msg=forged-line", nil, nil)

	metrics := client{listen: v.process.admin}.send(t, http.MethodGet, "/metrics", nil, nil)
	places := map[string]string{"the answers": answers.String(), "the log": v.process.output.String(), "the metrics": metrics.body}
	for name, text := range places {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("a secret is in %s: …%.400s", name, text[max(0, at-200):])
		}
	}
	for line := range strings.Lines(v.process.output.String()) {
		if strings.HasPrefix(line, "time=2020") || strings.Contains(line, "\x1b") {
			t.Errorf("a client wrote a line of the log: %q", line)
		}
	}
}

func TestSecretsOfTheSettingsAreNotPrinted(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"a database":                {"--database-url", "postgres://portal:" + canary + "@127.0.0.1:1/portal"},
		"a database that is no URL": {"--database-url", "postgres://portal:" + canary + "@[::1/portal"},
		"Redis":                     {"--redis-url", "redis://:" + canary + "@127.0.0.1:1/0"},
		"Redis that is no URL":      {"--redis-url", "redis//:" + canary + "@127.0.0.1:1/0"},
		"a bucket":                  {"--blob-url", "s3//portal?secret=" + canary},
	}
	for name, flags := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"serve", "--listen", freeAddress(t), "--admin-listen", freeAddress(t), "--log-level", "debug"}, settings(t, t.TempDir())...)
			printed := fails(t, append(args, flags...)...)
			if strings.Contains(printed, canary) || !strings.Contains(printed, "portal: ") {
				t.Errorf("it printed %s", printed)
			}
		})
	}
}
