package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRedirectsAreCheckedAtEveryHop reads from the one host within the network that the settings allow, which redirects
// to where they do not.
func TestRedirectsAreCheckedAtEveryHop(t *testing.T) {
	t.Parallel()
	hits := newCanaryServer(t)
	elsewhere := "http://127.0.0.1:" + hits.port
	allowed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets := map[string]string{
			"/port.yaml": elsewhere + "/a.yaml", "/name.yaml": "http://localhost:" + hits.port + "/a.yaml", "/file.yaml": "file:///etc/passwd",
			"/scheme.yaml": "//127.0.0.1:" + hits.port + "/a.yaml", "/metadata.yaml": "http://169.254.169.254/latest/meta-data/",
			"/twice.yaml": "/port.yaml", "/circle.yaml": "/circle.yaml", "/password.yaml": "http://user:word@" + r.Host + "/real.yaml", "/fine.yaml": "/real.yaml",
		}
		if target, ok := targets[r.URL.Path]; ok {
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusFound)
			return
		}
		fmt.Fprintf(w, newComponent, "redirected", "group:default/checkout-team")
	}))
	t.Cleanup(allowed.Close)
	data := t.TempDir()
	p := serve(t, data, "--urls-private-networks", "--urls-allow", strings.TrimPrefix(allowed.URL, "http://"))
	v := victim{place{client{listen: p.listen}, data, tokens("--data", data)}, p, hits}
	v.mustNotRegister(t, "url", elsewhere+"/a.yaml")
	for _, path := range []string{"/port.yaml", "/name.yaml", "/file.yaml", "/scheme.yaml", "/metadata.yaml", "/twice.yaml", "/circle.yaml", "/password.yaml"} {
		v.mustNotRegister(t, "url", allowed.URL+path)
	}
	if n := hits.hits.Load(); n > 0 {
		t.Errorf("the portal followed %d redirects to where it may not read", n)
	}
	got := v.ask(t, register, map[string]any{"input": map[string]any{"type": "url", "target": allowed.URL + "/fine.yaml"}})
	if len(got.Errors) > 0 || !strings.Contains(string(got.Data), `"location":{"id"`) {
		t.Errorf("a redirect within the allowed host is not followed: %s %v", got.Data, got.Errors)
	}
}
