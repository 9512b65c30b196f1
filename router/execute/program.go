package execute

import (
	"context"

	"devportal.internal/router/plan"
	"devportal.internal/router/upstream"
)

// Program is a compiled plan. It is immutable and safe for concurrent use.
type Program struct {
	plan *plan.Plan
}

// New compiles a plan. Its error means that the plan breaks a rule of package plan.
func New(p *plan.Plan, o Options) (*Program, error) { return &Program{plan: p}, nil }

// Execute runs a query or a mutation to its one response. A plan's deferred parts are left out; see Incremental.
// It returns after everything that it started has ended, and never nil.
func (p *Program) Execute(ctx context.Context, req *Request) *Response { return nil }

// Trigger is the request that opens a subscription's upstream stream.
func (p *Program) Trigger(req *Request) *upstream.Request { return nil }

// Event completes one event of the upstream stream: body is what the stream's Next returned.
func (p *Program) Event(ctx context.Context, req *Request, body []byte) *Response { return nil }

// Incremental says that the plan has deferred parts.
func (p *Program) Incremental() bool { return false }

// ExecuteIncremental runs a plan with deferred parts up to its initial response. The caller reads Next until it returns
// io.EOF, or calls Close.
func (p *Program) ExecuteIncremental(ctx context.Context, req *Request) (*Response, *Parts) { return nil, nil }
