package upstream

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"devportal.internal/router/upstream/http1"
)

const signedHeader = "Authorization"

// headers decides which headers a subgraph gets.
type headers struct {
	forward    []string
	static     []http1.Header
	signer     Signer
	propagator Propagator
}

func newHeaders(s Subgraph, c Config) headers {
	h := headers{signer: c.Signer, propagator: c.Propagator}
	for _, name := range s.Forward {
		name = http.CanonicalHeaderKey(name)
		if !isOurs(name) && !slices.Contains(h.forward, name) {
			h.forward = append(h.forward, name)
		}
	}
	for name, value := range s.Headers {
		name = http.CanonicalHeaderKey(name)
		if !isOurs(name) && isHeaderName(name) {
			h.static = append(h.static, http1.Header{Name: name, Value: value})
		}
	}
	slices.SortFunc(h.static, func(a, b http1.Header) int { return strings.Compare(a.Name, b.Name) })
	return h
}

// isOurs says that a header is about one connection or one body, and therefore never passes.
func isOurs(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Host",
		"Proxy-Authorization", "Proxy-Authenticate", "Content-Length", "Content-Type", "Content-Encoding", "Accept",
		"Accept-Encoding", "Expect", "Traceparent", "Tracestate", "Sec-Websocket-Key", "Sec-Websocket-Version",
		"Sec-Websocket-Protocol", "Sec-Websocket-Extensions":
		return true
	default:
		return false
	}
}

var errHeader = errors.New("a header value has control characters")

// of are the headers of one request, and whom it is for.
func (h *headers) of(ctx context.Context, subgraph string, client http.Header) ([]http1.Header, string, error) {
	var out []http1.Header
	identity := ""
	if h.signer != nil {
		authorization, id, err := h.signer.Sign(ctx, subgraph)
		if err != nil {
			return nil, "", err
		}
		if identity = id; authorization != "" {
			out = append(out, http1.Header{Name: signedHeader, Value: authorization})
		}
	}
	out = append(out, h.static...)
	out = h.appendForwarded(out, client)
	if h.propagator != nil {
		h.propagator.Inject(ctx, func(name, value string) {
			out = append(out, http1.Header{Name: strings.ToLower(name), Value: value})
		})
	}
	for _, header := range out {
		if !isHeaderValue(header.Value) {
			return nil, "", errHeader
		}
	}
	return out, identity, nil
}

// appendForwarded lets through what is on the list. What the router sets itself wins.
func (h *headers) appendForwarded(out []http1.Header, client http.Header) []http1.Header {
	set := len(out)
	for _, name := range h.forward {
		if slices.ContainsFunc(out[:set], func(o http1.Header) bool { return o.Name == name }) {
			continue
		}
		for _, value := range client[name] {
			out = append(out, http1.Header{Name: name, Value: value})
		}
	}
	return out
}

func isHeaderName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

func isHeaderValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
