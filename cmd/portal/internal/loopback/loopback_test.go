package loopback_test

import (
	"net"
	"testing"

	"devportal.internal/cmd/portal/internal/loopback"
)

func TestAddressesAreFreeAndGivenOnce(t *testing.T) {
	t.Parallel()
	var addresses loopback.Addresses
	seen := map[string]bool{}
	for range 50 {
		address, err := addresses.Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[address] {
			t.Errorf("%s was given twice", address)
		}
		seen[address] = true
	}
	for address := range seen {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Errorf("nobody should listen on %s: %v", address, err)
			continue
		}
		t.Cleanup(func() { _ = listener.Close() })
	}
}
