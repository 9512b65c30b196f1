package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// victim is a portal that is attacked, with what attackers know of it.
type victim struct {
	place
	process *process
	hits    *canaryServer
}

// TestAttacksAreRefused attacks one portal in many ways at once; at the end it must still answer everybody else.
func TestAttacksAreRefused(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p := serve(t, data, "--log-level", "debug")
	v := victim{place{client{listen: p.listen}, data, tokens("--data", data)}, p, newCanaryServer(t)}
	attacks := map[string]func(*testing.T, victim){
		"a compressed body that grows":             attackWithBombs,
		"a page of another site sends a form":      attackAcrossSites,
		"a page of another site opens a stream":    attackStreamsAcrossSites,
		"a page of another site is the local user": attackTheDevelopmentUser,
		"identity in a header":                     attackWithHeaders,
		"forged tokens":                            attackWithTokens,
		"names that confuse merging":               attackWithAliases,
		"locations within the network":             attackWithURLs,
		"locations outside of the folders":         attackWithPaths,
		"files that grow":                          attackWithYAML,
		"numbers and depth":                        attackWithValues,
		"secrets and lines for the log":            attackTheLog,
	}
	t.Run("by", func(t *testing.T) {
		for name, attack := range attacks {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				attack(t, v)
			})
		}
	})
	testViewer(t, v.place)
	checkDenials(t, v)
	if strings.Contains(p.output.String(), "panic") {
		t.Error("something panicked")
	}
}

// exchange is one raw answer.
type exchange struct {
	status int
	header http.Header
	body   string
}

// send sends a request with exactly these headers; Host among them is the request's. An answer that goes on, such as a
// stream, is cut after 64 KB.
func (c client) send(t testing.TB, method, path string, headers map[string]string, body []byte) exchange {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+c.listen+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	request.Host = headers["Host"]
	plain := &http.Client{Timeout: answerTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := plain.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return exchange{response.StatusCode, response.Header, string(text)}
}

// with adds headers to others.
func with(headers map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, value := range headers {
		all[name] = value
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// secretOfTheUser is in every answer to `me` that was meant for somebody.
const secretOfTheUser = "user:default/"

const jsonType = "application/json"

// mustBe fails the test when an answer is not a refusal with one of these statuses, or tells who the user is.
func (e exchange) mustBe(t testing.TB, what string, statuses ...int) {
	t.Helper()
	found := false
	for _, status := range statuses {
		found = found || e.status == status
	}
	if !found || strings.Contains(e.body, secretOfTheUser) {
		t.Errorf("%s: answered with %d, want one of %v: %.300s", what, e.status, statuses, e.body)
	}
}
