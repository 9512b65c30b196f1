package auth

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Development is the development user: who asks without a credential on a loopback listener, where no identity provider
// is configured.
type Development struct {
	principal Principal
}

// NewDevelopment allows the development user on a listener. It refuses a listener that others than this machine can
// reach.
func NewDevelopment(listen string, p Principal) (*Development, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("allow the development user: read the address of the listener: %w", err)
	}
	if !isLoopbackName(host) {
		return nil, fmt.Errorf("allow the development user: %q is not a loopback address", listen)
	}
	p = NewPrincipal(p)
	if p.ID == "" {
		p.ID = "development"
	}
	p.Ambient = true
	return &Development{principal: p}, nil
}

// admit reports whether a request without a credential may be the development user's: it came to a loopback address,
// under a loopback name, past no proxy, and from no page of another site.
func (d *Development) admit(r *http.Request) bool {
	return arrivedOnLoopback(r) && hasLoopbackHost(r) && !cameThroughProxy(r.Header) && isSameOrigin(r)
}

func arrivedOnLoopback(r *http.Request) bool {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true // no connection: the listener's own address was checked at the start
	}
	host, _, err := net.SplitHostPort(address.String())
	return err == nil && isLoopbackName(host)
}

// hasLoopbackHost holds off DNS rebinding: a page of another site may make its own name resolve to this machine.
func hasLoopbackHost(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return isLoopbackName(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
}

func isLoopbackName(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Zone() == "" && address.Unmap().IsLoopback()
}

// cameThroughProxy reports whether a header says so. A proxy on this machine would make everybody a local client.
func cameThroughProxy(h http.Header) bool {
	for name := range h {
		lower := strings.ToLower(strings.ReplaceAll(name, "_", "-"))
		if lower == "forwarded" || lower == "via" || lower == "x-real-ip" || strings.HasPrefix(lower, "x-forwarded") {
			return true
		}
	}
	return false
}

// isSameOrigin reports whether the headers that a browser sets are absent or name this very origin.
func isSameOrigin(r *http.Request) bool {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "same-origin" {
			return false
		}
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	for _, origin := range r.Header["Origin"] {
		if !strings.EqualFold(origin, scheme+r.Host) {
			return false
		}
	}
	return true
}
