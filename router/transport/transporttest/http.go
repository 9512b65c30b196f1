package transporttest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// post sends the request as a body, and reads whichever of the frames for an Accept comes back.
func (c carriers) post(accept string) func(testing.TB, string) Answer {
	return func(t testing.TB, request string) Answer {
		t.Helper()
		resp := c.do(t, http.MethodPost, c.endpoint, accept, request, nil)
		defer func() { _ = resp.Body.Close() }()
		return answerOf(t, resp)
	}
}

// batch sends the request as the only one of a batch.
func (c carriers) batch(t testing.TB, request string) Answer {
	t.Helper()
	resp := c.do(t, http.MethodPost, c.endpoint, "application/json", "["+request+"]", nil)
	defer func() { _ = resp.Body.Close() }()
	answer := answerOf(t, resp)
	var answers []json.RawMessage
	if json.Unmarshal([]byte(answer.Body), &answers) == nil && len(answers) == 1 {
		answer.Body = string(answers[0])
	}
	return answer
}

// get sends the request in the URL.
func (c carriers) get(t testing.TB, request string) Answer {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(request), &members); err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	for name, value := range members {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		values.Set(name, text)
	}
	resp := c.do(t, http.MethodGet, c.endpoint+"?"+values.Encode(), "application/graphql-response+json", "", nil)
	defer func() { _ = resp.Body.Close() }()
	return answerOf(t, resp)
}

// singleConnection reserves a stream and takes it; the requests that are sent then are answered over it.
func (c carriers) singleConnection(t testing.TB) func(testing.TB, string) Answer {
	t.Helper()
	reserved := c.do(t, http.MethodPut, c.endpoint, "text/plain", "", nil)
	token, err := io.ReadAll(reserved.Body)
	_ = reserved.Body.Close()
	if err != nil || reserved.StatusCode != http.StatusCreated {
		t.Fatalf("reserving a stream: %d, %v", reserved.StatusCode, err)
	}
	held := http.Header{"X-Graphql-Event-Stream-Token": {string(token)}}
	stream := c.do(t, http.MethodGet, c.endpoint, "text/event-stream", "", held)
	t.Cleanup(func() { _ = stream.Body.Close() })
	events := bufio.NewReader(stream.Body)
	return func(t testing.TB, request string) Answer {
		t.Helper()
		resp := c.do(t, http.MethodPost, c.endpoint, "application/graphql-response+json", withOperationID(t, request), held)
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusAccepted {
			return answerOf(t, resp)
		}
		var event struct{ Payload json.RawMessage }
		if err := json.Unmarshal(nextEvent(t, events), &event); err != nil {
			t.Fatal(err)
		}
		nextEvent(t, events) // complete
		return Answer{Status: stream.StatusCode, Header: stream.Header, Body: string(event.Payload)}
	}
}

func withOperationID(t testing.TB, request string) string {
	t.Helper()
	var members, extensions map[string]json.RawMessage
	if err := json.Unmarshal([]byte(request), &members); err != nil {
		t.Fatal(err)
	}
	if raw := members["extensions"]; raw != nil && json.Unmarshal(raw, &extensions) != nil || extensions == nil {
		extensions = map[string]json.RawMessage{}
	}
	extensions["operationId"] = json.RawMessage(`"1"`)
	members["extensions"], _ = json.Marshal(extensions)
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (c carriers) do(t testing.TB, method, target, accept, body string, more http.Header) *http.Response {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []http.Header{c.header, more} {
		for name, values := range header {
			r.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	r.Header.Set("Accept", accept)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// answerOf reads the first response map out of the frames of a response.
func answerOf(t testing.TB, resp *http.Response) Answer {
	t.Helper()
	answer := Answer{Status: resp.StatusCode, Header: resp.Header}
	switch media, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); media {
	case "text/event-stream":
		answer.Body = string(nextEvent(t, bufio.NewReader(resp.Body)))
	case "multipart/mixed":
		answer.Body = firstPart(t, bufio.NewReader(resp.Body))
	default:
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body = string(body)
	}
	return answer
}

// nextEvent reads the data of the next event.
func nextEvent(t testing.TB, events *bufio.Reader) []byte {
	t.Helper()
	for {
		line, err := events.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		if data, found := bytes.CutPrefix(line, []byte("data:")); found {
			return bytes.TrimSpace(data)
		}
	}
}

// firstPart reads the first part that is no heartbeat; Apollo's protocol for subscriptions wraps it.
func firstPart(t testing.TB, parts *bufio.Reader) string {
	t.Helper()
	for {
		line, err := parts.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		line = strings.TrimSpace(line)
		var wrapped struct {
			Payload json.RawMessage
			Errors  json.RawMessage
		}
		if !strings.HasPrefix(line, "{") || line == "{}" || json.Unmarshal([]byte(line), &wrapped) != nil {
			continue
		}
		if wrapped.Payload != nil && string(wrapped.Payload) != "null" {
			return string(wrapped.Payload)
		}
		return line
	}
}
