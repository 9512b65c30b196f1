package transport

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// foreign says that a browser sent the request for a page of another site, which is not one of AllowedOrigins. A
// request without Origin and Sec-Fetch-Site comes from no browser, or from a page of our own.
func (h *Handler) foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return !sameOrigin(origin, r.Host) && !h.allowed(origin)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	return site != "" && site != "same-origin" && site != "none"
}

// sameOrigin compares hosts with their ports; the scheme is not known behind a proxy that ends TLS.
func sameOrigin(origin, host string) bool {
	parsed, err := url.Parse(origin)
	if err != nil || parsed.Host == "" {
		return false
	}
	return strings.EqualFold(parsed.Host, host)
}

func (h *Handler) allowed(origin string) bool {
	return slices.Contains(h.options.AllowedOrigins, "*") || slices.Contains(h.options.AllowedOrigins, origin)
}

// writeCORS lets pages of allowed origins read the response. Only an origin that is named may send credentials.
func (h *Handler) writeCORS(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
	case slices.Contains(h.options.AllowedOrigins, origin):
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Allow-Credentials", "true")
	case slices.Contains(h.options.AllowedOrigins, "*"):
		header.Set("Access-Control-Allow-Origin", "*")
	}
}

// servePreflight answers a browser's question whether it may send a request; writeCORS has said by whom.
func (h *Handler) servePreflight(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Allow", "GET, POST, OPTIONS")
	if header.Get("Access-Control-Allow-Origin") != "" {
		header.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		header.Set("Access-Control-Allow-Headers", strings.Join(append([]string{allowedHeaders}, h.options.AllowedHeaders...), ", "))
		header.Set("Access-Control-Max-Age", "7200")
		header.Add("Vary", "Access-Control-Request-Headers")
	}
	w.WriteHeader(http.StatusNoContent)
}

// allowedHeaders are the request headers that pages of allowed origins may always send.
const allowedHeaders = "Authorization, Content-Type, Accept, Last-Event-ID, GraphQL-Preflight, " +
	"Apollo-Require-Preflight, X-Apollo-Operation-Name, GraphQL-Client-Name, GraphQL-Client-Version, " +
	"ApolloGraphQL-Client-Name, ApolloGraphQL-Client-Version, " + tokenHeader + ", Traceparent, Tracestate"

// crossSite refuses what another site makes a browser send with a credential that the page does not know: whatever
// carries a cookie or has only an ambient caller behind it.
func (h *Handler) crossSite(r *http.Request, caller Caller) *Refusal {
	if !h.foreign(r) {
		return nil
	}
	if caller.Ambient || r.Header.Get("Cookie") != "" {
		return Refuse(http.StatusForbidden, CodeCSRF, "this request may not come from another site")
	}
	return nil
}
