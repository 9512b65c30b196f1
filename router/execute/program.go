package execute

import (
	"context"
	"sync"
	"sync/atomic"

	"devportal.internal/router/plan"
	"devportal.internal/router/upstream"
)

// Program is a compiled plan. It is immutable and safe for concurrent use.
type Program struct {
	options      Options
	types        *typeTable
	size         int // of the root object
	fetches      []*fetch
	shape        *shape
	parts        []part
	subscription bool
	shared       int // how many selections make objects that may be shared

	runs     sync.Pool
	buffers  sync.Pool    // of *[]byte, for responses
	lastSize atomic.Int64 // of a response's data
}

// New compiles a plan. Its error means that the plan breaks a rule of package plan.
func New(p *plan.Plan, o Options) (*Program, error) {
	c := &compiler{plan: p, types: newTypeTable(), forms: map[string]uint64{}}
	return c.program(o.withDefaults())
}

// Execute runs a query or a mutation to its one response. A plan's deferred parts are left out; see ExecuteIncremental.
// It returns after everything that it started has ended, and never nil.
func (p *Program) Execute(ctx context.Context, req *Request) *Response {
	r := p.begin(ctx, req)
	r.perform(r.ready(r.initial()))
	return r.finish()
}

// Trigger is the request that opens a subscription's upstream stream.
func (p *Program) Trigger(req *Request) *upstream.Request {
	f := p.fetches[0]
	return &upstream.Request{
		Subgraph: f.subgraph, Kind: f.kind, OperationName: f.name,
		Body: f.appendRequest(nil, req.Variables), Header: req.Header,
	}
}

// Event completes one event of the upstream stream: body is what the stream's Next returned.
func (p *Program) Event(ctx context.Context, req *Request, body []byte) *Response {
	r := p.begin(ctx, req)
	first := p.fetches[0]
	r.perform(r.absorb(first, upstream.NewResponse(body), nil))
	return r.finish()
}

// Incremental says that the plan has deferred parts.
func (p *Program) Incremental() bool { return len(p.parts) > 0 }

func (p *Program) begin(ctx context.Context, req *Request) *run {
	r, ok := p.runs.Get().(*run)
	if !ok {
		r = newRun(p)
	}
	r.ctx, r.req = ctx, req
	r.root = r.arena.object(p.size, noType)
	return r
}

func (f *fetch) appendRequest(dst []byte, vars Variables) []byte {
	dst = append(dst, f.head...)
	dst = append(dst, `,"variables":{`...)
	dst, _ = f.appendVariables(dst, vars)
	return append(dst, '}', '}')
}

// appendVariables appends the client's variables that the fetch uses, and says whether there were any.
func (f *fetch) appendVariables(dst []byte, vars Variables) ([]byte, bool) {
	any := false
	for i := range f.variables {
		v, ok := vars[f.variables[i].name]
		if !ok {
			continue
		}
		if any {
			dst = append(dst, ',')
		}
		any = true
		dst = append(append(dst, f.variables[i].quoted...), v...)
	}
	return dst, any
}
