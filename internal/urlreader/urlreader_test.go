package urlreader_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/urlreader"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func client(t *testing.T, opts urlreader.Options) *urlreader.Client {
	t.Helper()
	c := urlreader.New(opts)
	t.Cleanup(c.Close)
	return c
}

func TestRead(t *testing.T) {
	t.Parallel()
	t.Run("an unchanged body is not sent again", func(t *testing.T) {
		t.Parallel()
		target := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
				t.Error("credentials were sent")
			}
			w.Header().Set("ETag", `"v1"`)
			if r.Header.Get("If-None-Match") == `"v1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			_, _ = io.WriteString(w, "kind: Component")
		})
		c := client(t, urlreader.Options{PrivateNetworks: true})
		first, err := c.Read(t.Context(), target, urlreader.Condition{})
		if err != nil || string(first.Body) != "kind: Component" {
			t.Fatalf("first = %+v, %v", first, err)
		}
		second, err := c.Read(t.Context(), target, first.Condition)
		if err != nil || !second.NotModified || second.Condition != first.Condition {
			t.Errorf("second = %+v, %v", second, err)
		}
	})
	t.Run("redirects are followed and the final URL is told", func(t *testing.T) {
		t.Parallel()
		target := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/old" {
				http.Redirect(w, r, "/new", http.StatusFound)
				return
			}
			if r.Header.Get("Referer") != "" {
				t.Error("the hop before was told")
			}
		})
		got, err := client(t, urlreader.Options{PrivateNetworks: true}).Read(t.Context(), target+"/old", urlreader.Condition{})
		if err != nil || got.URL != target+"/new" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
}

func TestReadFaults(t *testing.T) {
	t.Parallel()
	opts := urlreader.Options{PrivateNetworks: true, MaxBytes: 1000}
	tests := map[string]struct {
		handler http.HandlerFunc
		kind    fault.Kind
		code    string
	}{
		"a missing page":     {http.NotFound, fault.KindNotFound, urlreader.CodeURLNotFound},
		"a server's mistake": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, fault.KindUnavailable, urlreader.CodeURLUnavailable},
		"too many bytes": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", 1001))
		}, fault.KindInvalid, urlreader.CodeURLTooLarge},
		"a bomb of zeros, compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			zipped := gzip.NewWriter(w)
			_, _ = zipped.Write(make([]byte, 10<<20))
			_ = zipped.Close()
		}, fault.KindInvalid, urlreader.CodeURLTooLarge},
		"a body without end": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "x")
				_ = http.NewResponseController(w).Flush()
				<-time.After(50 * time.Millisecond)
			}
		}, fault.KindUnavailable, urlreader.CodeURLUnavailable},
		"a circle of redirects": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, fault.KindInvalid, urlreader.CodeURLNotAllowed},
		"a redirect to a file": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(302)
		}, fault.KindInvalid, urlreader.CodeURLInvalid},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := serve(t, tt.handler)
			opts := opts
			if name == "a body without end" {
				opts.Timeout = 500 * time.Millisecond
			}
			_, err := client(t, opts).Read(t.Context(), target+"/p?token=canary", urlreader.Condition{})
			if fault.KindOf(err) != tt.kind || fault.Code(err) != tt.code {
				t.Errorf("error = %v (%s, %s)", err, fault.KindOf(err), fault.Code(err))
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error shows the query: %v", err)
			}
		})
	}
}

// TestServerSideRequestForgery is attack 30: a URL, a name or a redirect that leads into a private network.
func TestServerSideRequestForgery(t *testing.T) {
	t.Parallel()
	var reached atomic.Int64
	inside := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	port := mustPort(t, inside)
	t.Run("no spelling of a private address is connected to", func(t *testing.T) {
		c := client(t, urlreader.Options{Timeout: 2 * time.Second})
		for _, host := range []string{
			"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.1", "2130706433", "0x7f000001",
			"169.254.169.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "[fe80::1]", "[fd00::1]",
			"[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::127.0.0.1]", "224.0.0.1", "255.255.255.255",
		} {
			_, err := c.Read(t.Context(), fmt.Sprintf("http://%s:%s/", host, port), urlreader.Condition{})
			if err == nil {
				t.Errorf("%s was read", host)
			}
		}
		if reached.Load() != 0 {
			t.Errorf("the inside was reached %d times", reached.Load())
		}
	})
	t.Run("a refused address is named by no error", func(t *testing.T) {
		_, err := client(t, urlreader.Options{}).Read(t.Context(), "http://localhost:"+port, urlreader.Condition{})
		if fault.Code(err) != urlreader.CodeURLNotAllowed || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("a redirect to a host that is not allowed is not followed", func(t *testing.T) {
		outside := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:"+port+"/", http.StatusFound)
		})
		c := client(t, urlreader.Options{PrivateNetworks: true, Allow: []string{"127.0.0.1"}})
		_, err := c.Read(t.Context(), outside, urlreader.Condition{})
		if fault.Code(err) != urlreader.CodeURLNotAllowed || reached.Load() != 0 {
			t.Errorf("error = %v, reached %d times", err, reached.Load())
		}
	})
	for _, bad := range []string{
		"file:///etc/passwd", "gopher://x/", "http://", "http:///x", "//host/x", "http:opaque", "https://user:canary@host/",
		"ht tp://x", "http://[::1", "", "javascript:alert(1)",
	} {
		t.Run("not a readable URL: "+url.PathEscape(bad), func(t *testing.T) {
			_, err := client(t, urlreader.Options{}).Read(t.Context(), bad, urlreader.Condition{})
			if !fault.Is(err, fault.KindInvalid) || strings.Contains(err.Error(), "canary") {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestAllowList(t *testing.T) {
	t.Parallel()
	target := serve(t, func(http.ResponseWriter, *http.Request) {})
	port := mustPort(t, target)
	tests := map[string]struct {
		allow []string
		ok    bool
	}{
		"the host":              {[]string{"127.0.0.1"}, true},
		"the host and port":     {[]string{"127.0.0.1:" + port}, true},
		"another port":          {[]string{"127.0.0.1:1"}, false},
		"another host":          {[]string{"example.com"}, false},
		"a domain's subdomains": {[]string{"*.0.0.1"}, true},
		"not the domain itself": {[]string{"*.127.0.0.1"}, false},
		"an end is no match":    {[]string{"7.0.0.1"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client(t, urlreader.Options{PrivateNetworks: true, Allow: tt.allow})
			_, err := c.Read(t.Context(), target, urlreader.Condition{})
			if (err == nil) != tt.ok {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func mustPort(t *testing.T, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}
