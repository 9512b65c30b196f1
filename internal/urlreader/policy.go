package urlreader

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"devportal.internal/internal/fault"
)

var errAddress = errors.New("the address is within a special network")

// checkURL decides by the URL alone: scheme, credentials, host and port.
func (c *Client) checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return fault.Invalid("urlreader.Read", "a URL must begin with https:// or http://").WithCode(CodeURLInvalid)
	case u.Hostname() == "" || u.Opaque != "":
		return fault.Invalid("urlreader.Read", "a URL must name a host").WithCode(CodeURLInvalid)
	case u.User != nil:
		return fault.Invalid("urlreader.Read", "a URL must hold no credentials").WithCode(CodeURLInvalid)
	case !c.allowsHost(u):
		return notAllowed(u, "its host is not in the list of allowed hosts")
	default:
		return nil
	}
}

func notAllowed(u *url.URL, reason string) *fault.Error {
	return fault.Invalid("urlreader.Read", "%s may not be read: %s", shown(u), reason).WithCode(CodeURLNotAllowed)
}

// shown is the URL without what may be secret.
func shown(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func (c *Client) allowsHost(u *url.URL) bool {
	if len(c.opts.Allow) == 0 {
		return true
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	for _, pattern := range c.opts.Allow {
		if matchesHost(strings.ToLower(pattern), host, portOf(u)) {
			return true
		}
	}
	return false
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// matchesHost compares with "host", "host:port", "*.domain" or "*.domain:port"; an IPv6 address stands in brackets.
func matchesHost(pattern, host, port string) bool {
	if at := strings.LastIndexByte(pattern, ':'); at > strings.LastIndexByte(pattern, ']') {
		if pattern[at+1:] != port {
			return false
		}
		pattern = pattern[:at]
	}
	pattern = strings.Trim(pattern, "[]")
	if domain, ok := strings.CutPrefix(pattern, "*."); ok {
		return strings.HasSuffix(host, "."+domain)
	}
	return host == pattern
}

// checkAddress refuses an address, as IP:port, that is not a public unicast one.
func checkAddress(address string) error {
	addrPort, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(addrPort.Addr()) {
		return errAddress
	}
	return nil
}

// isPublic reports whether an address belongs to the public internet. IPv6 addresses that carry an IPv4 address are
// judged by that, because a gateway may lead there.
func isPublic(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if inner, ok := embeddedIPv4(addr); ok {
		return isPublic(inner)
	}
	if !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	for _, network := range specialNetworks {
		if network.Contains(addr) {
			return false
		}
	}
	return true
}

// specialNetworks are those of the IANA special-purpose registries that netip's predicates do not know.
var specialNetworks = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("3fff::/20"),
	netip.MustParsePrefix("5f00::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

func embeddedIPv4(addr netip.Addr) (netip.Addr, bool) {
	bytes := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[12:16])), true
	case sixTo4.Contains(addr):
		return netip.AddrFrom4([4]byte(bytes[2:6])), true
	default:
		return netip.Addr{}, false
	}
}
