// Package loopback finds addresses for programs that must be told where to listen before they start.
//
// A port that the system hands out (port 0) and that is closed again may be handed out once more, to any outgoing connection
// of the machine, before the program listens on it. These addresses lie below the ports that systems hand out, so that only
// a program which asks for such a port by its number can be in the way.
package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The ports that are given out: below the ranges from which Linux (32768) and the BSDs (49152) choose by themselves.
const (
	firstPort = 12000
	lastPort  = 31999
)

// Addresses gives out loopback addresses, no port twice. The zero value is ready, and safe for concurrent use.
type Addresses struct {
	mu   sync.Mutex
	next int
}

// Free is a loopback address, host:port, that nobody listens on.
func (a *Addresses) Free() (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next == 0 {
		a.next = firstPort + rand.IntN(lastPort-firstPort+1)
	}
	for range lastPort - firstPort + 1 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(a.next))
		if a.next++; a.next > lastPort {
			a.next = firstPort
		}
		if listener, err := net.Listen("tcp", address); err == nil {
			return address, listener.Close()
		}
	}
	return "", fmt.Errorf("no port between %d and %d is free", firstPort, lastPort)
}
