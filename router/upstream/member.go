package upstream

import "context"

// member is one subgraph with its policies and transport.
type member struct{}

func newMember(name string, s Subgraph, c Config) *member { return &member{} }

func (m *member) do(ctx context.Context, req *Request) (*Response, error) { return nil, nil }

func (m *member) subscribe(ctx context.Context, req *Request) (Stream, error) { return nil, nil }

func (m *member) close() {}
