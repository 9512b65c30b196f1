package transport

import "sync"

// socketCount bounds the websockets, in total and of one identity.
type socketCount struct {
	total     int
	perCaller int

	mu      sync.Mutex
	all     int
	callers map[string]int
}

func (c *socketCount) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.total {
		return false
	}
	c.all++
	return true
}

func (c *socketCount) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
}

func (c *socketCount) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all
}

// remember counts a socket of an identity; false says that it has too many. Nobody's sockets are not counted.
func (c *socketCount) remember(identity string) bool {
	if identity == "" {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.callers[identity] >= c.perCaller {
		return false
	}
	c.callers[identity]++
	return true
}

func (c *socketCount) forget(identity string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.callers[identity]--; c.callers[identity] <= 0 {
		delete(c.callers, identity)
	}
}

// openSockets are the sockets to be told when the server ends.
type openSockets struct {
	mu     sync.Mutex
	all    map[*socket]struct{}
	ending bool
}

// add is false when the end has begun.
func (o *openSockets) add(s *socket) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all[s] = struct{}{}
	return !o.ending
}

func (o *openSockets) remove(s *socket) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, s)
}

// end has every socket go away.
func (o *openSockets) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ending {
		return
	}
	o.ending = true
	for s := range o.all {
		s.background(s.goAway)
	}
}
