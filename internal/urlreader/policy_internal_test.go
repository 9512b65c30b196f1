package urlreader

import (
	"net/netip"
	"testing"
)

func TestIsPublic(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "2606:2800:220:1:248:1893:25c8:1946": true, "::ffff:8.8.8.8": true,
		"64:ff9b::808:808": true, "2002:808:808::1": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.31.255.255": false, "192.168.0.1": false, "169.254.169.254": false,
		"100.127.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "192.0.0.170": false, "198.19.0.1": false,
		"224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false, "::": false, "::1": false, "fe80::1%eth0": false,
		"fd00:ec2::254": false, "ff02::1": false, "fec0::1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false,
		"64:ff9b::a00:1": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false,
	}
	for address, want := range tests {
		if got := isPublic(netip.MustParseAddr(address)); got != want {
			t.Errorf("isPublic(%s) = %v, want %v", address, got, want)
		}
	}
}
