package auth_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"devportal.internal/internal/auth"
)

func TestTheAddressOfAClient(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, test := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"is that of the connection":           {"192.0.2.7:1234", nil, "192.0.2.7"},
		"is not what a stranger says":         {"192.0.2.7:1234", []string{"10.1.1.1"}, "192.0.2.7"},
		"is what a proxy says":                {"10.0.0.1:80", []string{"192.0.2.8"}, "192.0.2.8"},
		"is what the first proxy saw":         {"10.0.0.1:80", []string{"6.6.6.6, 192.0.2.8, 10.0.0.2"}, "192.0.2.8"},
		"is read from every line":             {"10.0.0.1:80", []string{"6.6.6.6", "192.0.2.8"}, "192.0.2.8"},
		"stops at what is no address":         {"10.0.0.1:80", []string{"192.0.2.8, unknown, 10.0.0.2"}, "10.0.0.2"},
		"is the proxy's when it says nothing": {"10.0.0.1:80", nil, "10.0.0.1"},
		"has one form for IPv4":               {"[::ffff:192.0.2.7]:1", nil, "192.0.2.7"},
		"is none within the process":          {"", nil, ""},
		"is without a zone":                   {"[fe80::1%eth0]:1", nil, "fe80::1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/", nil)
			r.RemoteAddr = test.peer
			for _, line := range test.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			if got := auth.ClientAddress(r, proxies...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
