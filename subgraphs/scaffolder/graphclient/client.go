package graphclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
)

// Issuer makes client tokens. [auth.Tokens] is one.
type Issuer interface {
	Issue(principal auth.Principal, ttl time.Duration) (string, error)
}

// What a client allows itself.
const (
	tokenLife      = 2 * time.Minute
	requestTimeout = time.Minute
	maxAnswer      = 4 << 20
)

// CodeGraphRefused is the code of a fault of the graph that has none of its own.
const CodeGraphRefused = "GRAPH_REFUSED"

// Client asks the graph. It implements the scaffolder's Graph, and is safe for concurrent use.
type Client struct {
	tokens  Issuer
	url     string
	http    *http.Client
	handler atomic.Pointer[http.Handler]
}

// New makes a client of the graph at a URL ("http://router:4000/graphql"); with an empty one, of the handler that
// [Client.Use] gives it later.
func New(tokens Issuer, url string) *Client {
	c := &Client{tokens: tokens, url: url, http: &http.Client{Timeout: requestTimeout}}
	if url == "" {
		c.url = "http://portal.invalid/graphql"
		c.http.Transport = inProcess{c}
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

// Use makes the handler, which serves POST /graphql, the graph. Before it is called the graph is unavailable.
func (c *Client) Use(handler http.Handler) { c.handler.Store(&handler) }

// Close ends unused connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string `json:"message"`
		Extensions struct {
			Code string `json:"code"`
		} `json:"extensions"`
	} `json:"errors"`
}

// ask sends an operation in the name of the principal and reads its data. Errors of the graph become faults.
func (c *Client) ask(ctx context.Context, principal auth.Principal, document string, variables map[string]any, into any) error {
	const op = "graphclient.ask"
	raw, err := c.send(ctx, principal, document, variables)
	if err != nil {
		return err
	}
	var got answer
	if err := json.Unmarshal(raw, &got); err != nil {
		return fault.Unavailable(op, fmt.Errorf("read the graph's answer: %w", err))
	}
	if len(got.Errors) > 0 {
		first := got.Errors[0]
		return fault.New(kindOf(first.Extensions.Code), op, "the portal's graph says: %s", first.Message).
			WithCode(codeOr(first.Extensions.Code, CodeGraphRefused))
	}
	if err := json.Unmarshal(got.Data, into); err != nil {
		return fault.Internal(op, fmt.Errorf("read the graph's data: %w", err))
	}
	return nil
}

func (c *Client) send(ctx context.Context, principal auth.Principal, document string, variables map[string]any) ([]byte, error) {
	const op = "graphclient.send"
	token, err := c.tokens.Issue(principal, tokenLife)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		return nil, fault.Internal(op, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return nil, fault.Internal(op, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fault.Unavailable(op, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(raw) > maxAnswer {
		err = errors.New("the answer is too long")
	}
	if err == nil && response.StatusCode >= http.StatusInternalServerError {
		err = fmt.Errorf("status %d", response.StatusCode)
	}
	return raw, fault.Wrap(fault.KindUnavailable, op, err)
}

// kindOf says what kind of fault a code of the graph is: what passes is worth another try.
func kindOf(code string) fault.Kind {
	switch code {
	case "FORBIDDEN":
		return fault.KindForbidden
	case "UNAUTHENTICATED", auth.CodeTokenInvalid, auth.CodeTokenExpired:
		return fault.KindUnauthenticated
	case "UNAVAILABLE", "INTERNAL", "":
		return fault.KindUnavailable
	default:
		return fault.KindInvalid
	}
}

func codeOr(code, otherwise string) string {
	if code == "" {
		return otherwise
	}
	return code
}
