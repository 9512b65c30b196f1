package upstream

import (
	"context"
	"fmt"
)

// Set is all subgraphs. It is a Client and a Streamer, safe for concurrent use.
type Set struct {
	members map[string]*member
}

// New checks the configuration and makes the Set. It opens no connection.
func New(c Config) (*Set, error) {
	s := &Set{members: make(map[string]*member, len(c.Subgraphs))}
	for name, sub := range c.Subgraphs {
		sub = sub.withDefaults()
		if err := sub.validate(); err != nil {
			return nil, fmt.Errorf("configuring subgraph %q: %w", name, err)
		}
		s.members[name] = newMember(name, sub, c)
	}
	return s, nil
}

// Do implements Client.
func (s *Set) Do(ctx context.Context, req *Request) (*Response, error) {
	m, ok := s.members[req.Subgraph]
	if !ok {
		return nil, &Error{Subgraph: req.Subgraph, Reason: Unknown}
	}
	return m.do(ctx, req)
}

// Subscribe implements Streamer.
func (s *Set) Subscribe(ctx context.Context, req *Request) (Stream, error) {
	m, ok := s.members[req.Subgraph]
	if !ok {
		return nil, &Error{Subgraph: req.Subgraph, Reason: Unknown}
	}
	return m.subscribe(ctx, req)
}

// Close lets go of idle connections. Requests under way go on.
func (s *Set) Close() {
	for _, m := range s.members {
		m.close()
	}
}
