package auth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress gives the IP address that a request came from: that of the connection, or, where that is one of the
// proxies, what they say in X-Forwarded-For: the last address there that is no proxy's. What others say about
// themselves is not looked at. It is "" where there is no address, as in a request within the process.
func ClientAddress(r *http.Request, proxies ...netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	address := plain(peer.Addr())
	if !within(address, proxies) {
		return address.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		said, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		if address = plain(said); !within(address, proxies) {
			break
		}
	}
	return address.String()
}

func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

func within(address netip.Addr, networks []netip.Prefix) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
}
