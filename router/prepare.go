package router

import (
	"context"
	"errors"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/router/access"
	"devportal.internal/router/execute"
	"devportal.internal/router/operation"
	"devportal.internal/router/persisted"
	"devportal.internal/router/plan"
	"devportal.internal/router/transport"
)

// The codes in `extensions.code` of errors that the router itself makes before it executes; those of documents are
// package operation's, those of planning package plan's.
const (
	codeIntrospectionDisabled = "INTROSPECTION_DISABLED"
	codeNotResumable          = "NOT_RESUMABLE"
	codeTooExpensive          = "OPERATION_TOO_EXPENSIVE"
	codeThrottled             = "THROTTLED"
)

// engine lets the transports ask the router.
type engine struct{ router *Router }

// Prepare implements transport.Engine.
func (e engine) Prepare(ctx context.Context, req *transport.Request) (transport.Operation, *transport.Refusal) {
	prepared, refusal := e.router.admit(ctx, req)
	if refusal != nil {
		e.router.metrics.refused(refusal)
		return nil, refusal
	}
	return prepared, nil
}

// prepared is a request that may be run.
type prepared struct {
	*planned
	router    *Router
	graph     *graph
	request   *transport.Request
	variables *operation.Variables
	bill      bill
	size      operation.Size // only of operations of a batch

	// rights are the caller's, touched those demands that the operation goes by.
	rights  access.Rights
	touched access.Touched

	// labels are those of progressive overrides that hold for this request, sorted.
	labels []string
}

// admit finds the document of a request and prepares it. What changes later, a reload of the schema or of the registered
// operations, does not ask for the document again.
func (r *Router) admit(ctx context.Context, req *transport.Request) (*prepared, *transport.Refusal) {
	found, unknown := r.documents.Find(ctx, persisted.Ask{
		Text: req.Query, ID: req.DocumentID, Extensions: req.Extensions, Client: req.Client, Operation: req.OperationName,
	})
	if unknown != nil {
		return nil, transport.Refuse(0, unknown.Code, unknown.Message)
	}
	req.Query = found.Text
	p, refusal := r.prepare(ctx, r.current.Load(), req)
	if refusal != nil {
		return nil, refusal
	}
	r.documents.Keep(ctx, found)
	return p, p.charge(ctx)
}

func (r *Router) prepare(ctx context.Context, g *graph, req *transport.Request) (*prepared, *transport.Refusal) {
	p := &prepared{router: r, graph: g, request: req, labels: g.overrides.active(ctx, req.Caller)}
	if err := p.checkBatchTokens(); err != nil {
		return nil, r.refusal(ctx, err)
	}
	doc, err := p.find(ctx)
	if err != nil {
		return nil, r.refusal(ctx, err)
	}
	op, err := doc.Operation(req.OperationName)
	if err != nil {
		return nil, r.refusal(ctx, err)
	}
	if err := p.checkBatch(op); err != nil {
		return nil, r.refusal(ctx, err)
	}
	p.touched = doc.touched[op.Name]
	if refusal := p.plan(ctx, op, req.Variables); refusal != nil {
		return nil, refusal
	}
	if len(p.introspection) > 0 {
		if refusal := r.checkIntrospection(req.Caller); refusal != nil {
			p.deny(ctx, codeIntrospectionDisabled, nil)
			return nil, refusal
		}
	}
	if req.LastEventID != "" && p.Kind() == transport.Subscription && !p.resume.resumes() {
		return nil, transport.Refuse(http.StatusBadRequest, codeNotResumable, "this subscription cannot be gone on with: leave out Last-Event-ID")
	}
	return p, nil
}

// find decides on the caller's rights and finds the operation that is asked for.
func (p *prepared) find(ctx context.Context) (*document, error) {
	var err error
	if p.rights, err = p.graph.rules.rightsOf(ctx, p.request.Caller); err != nil {
		return nil, err
	}
	doc, err := p.graph.document(p.request.Query)
	if err != nil {
		return nil, p.concealed(err)
	}
	if p.graph.options.Denial == DenyNames {
		if err := p.graph.check(p.request.Query, p.rights); err != nil {
			p.deny(ctx, p.rights.Denial().Code, nil)
			return nil, err
		}
	}
	return doc, nil
}

// plan coerces the variables and plans the operation for them.
func (p *prepared) plan(ctx context.Context, op *operation.Operation, raw []byte) *transport.Refusal {
	variables, err := op.CoerceVariables(raw)
	if err != nil {
		return p.router.refusal(ctx, p.concealed(err))
	}
	made, err := p.graph.plan(ctx, planning{p.request.Query, op, variables, p.rights, p.touched, p.labels})
	if err != nil {
		return p.router.refusal(ctx, p.concealed(err))
	}
	p.variables, p.planned = variables, made
	if len(p.denied) > 0 {
		p.deny(ctx, p.rights.Denial().Code, p.denied)
	}
	if refusal := p.checkDenied(); refusal != nil {
		return refusal
	}
	return p.estimate()
}

// refusal says of an error what the client may know. What it does not know is logged.
func (r *Router) refusal(ctx context.Context, err error) *transport.Refusal {
	var list gqlerror.List
	var planning *plan.Error
	switch {
	case errors.As(err, &list):
		return &transport.Refusal{Errors: shown(list)}
	case errors.As(err, &planning):
		return transport.Refuse(0, planning.Code, planning.Message)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return transport.Refuse(http.StatusServiceUnavailable, transport.CodeRequestTimeout, "the request took too long")
	}
	r.options.Logger.ErrorContext(ctx, "preparing an operation failed", "error", err.Error(), traceID(ctx))
	return transport.Refuse(http.StatusInternalServerError, transport.CodeInternal, "internal error")
}

func shown(list gqlerror.List) []*transport.Error {
	errs := make([]*transport.Error, len(list))
	for at, err := range list {
		errs[at] = &transport.Error{Message: err.Message, Extensions: err.Extensions}
		for _, place := range err.Locations {
			errs[at].Locations = append(errs[at].Locations, transport.Location{Line: place.Line, Column: place.Column})
		}
	}
	return errs
}

// values are the coerced variables as the executor wants them.
func (p *prepared) values() execute.Variables {
	names := p.variables.Names()
	values := make(execute.Variables, len(names))
	for _, name := range names {
		values[name], _ = p.variables.JSON(name)
	}
	return values
}
