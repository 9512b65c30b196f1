package router

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"devportal.internal/router/execute"
	"devportal.internal/router/subscribe"
	"devportal.internal/router/transport"
)

// Kind implements transport.Operation.
func (p *prepared) Kind() transport.Kind { return transport.Kind(p.operation.Kind) }

// Incremental implements transport.Operation.
func (p *prepared) Incremental() bool { return p.program.Incremental() }

// Execute implements transport.Operation.
func (p *prepared) Execute(ctx context.Context) *transport.Result {
	if p.Kind() == transport.Mutation {
		defer p.router.changes.Add(1)
	}
	if p.Kind() != transport.Query || !p.router.options.Deduplicate.Queries {
		return p.settled(ctx, p.execute(ctx), true)
	}
	body, shared := p.router.flights.do(ctx, p.flightKey(), p.executeShared)
	if shared {
		p.router.metrics.shared.Add(1)
	}
	if body == nil && ctx.Err() == nil {
		return p.settled(ctx, p.execute(ctx), true)
	}
	if body == nil {
		refusal := transport.Refuse(http.StatusServiceUnavailable, transport.CodeRequestTimeout, "the request took too long")
		return &transport.Result{Body: refusal.Body()}
	}
	return p.settled(ctx, &transport.Result{Body: body, HasData: true}, false)
}

func (p *prepared) execute(ctx context.Context) *transport.Result {
	ctx, span := p.span(ctx)
	defer span.End()
	began := p.router.options.Now()
	response := p.program.Execute(ctx, p.execution(ctx))
	p.done(ctx, began, response.Errors())
	if len(p.introspection) == 0 {
		return &transport.Result{Body: response.Borrow(), HasData: true, Release: response.Release}
	}
	defer response.Release()
	return &transport.Result{Body: p.answerIntrospection(ctx, response), HasData: true}
}

// executeShared returns the body for all who wait for it; nil when it panicked, which is logged.
func (p *prepared) executeShared(ctx context.Context) (body []byte) {
	defer func() {
		if reason := recover(); reason != nil {
			p.router.options.Logger.ErrorContext(ctx, "operation panicked", "reason", fmt.Sprint(reason), "stack", string(debug.Stack()))
			body = nil
		}
	}()
	return p.execute(ctx).Body
}

func (p *prepared) execution(ctx context.Context) *execute.Request {
	return &execute.Request{
		Variables: p.values(),
		Client:    p.graph.upstream,
		Header:    p.request.Header,
		Observe:   func(end execute.FetchEnd) { p.router.observe(ctx, end) },
	}
}

func (p *prepared) span(ctx context.Context) (context.Context, trace.Span) {
	return p.router.options.Tracer.Start(ctx, "graphql."+string(p.operation.Kind), trace.WithAttributes(
		attribute.String("graphql.operation.type", string(p.operation.Kind)),
		attribute.String("graphql.operation.name", clip(p.operation.Name)),
	))
}

// clip bounds what a client chose before it reaches a log or a span.
func clip(name string) string {
	if len(name) > 80 {
		return strings.ToValidUTF8(name[:80], "")
	}
	return name
}

// done counts an execution and logs it: at level debug when all went well.
func (p *prepared) done(ctx context.Context, began time.Time, errs []execute.Error) {
	took := p.router.options.Now().Sub(began)
	p.router.metrics.executed(p.Kind(), len(errs) > 0, took)
	log := p.router.options.Logger
	for _, err := range errs {
		if err.Err != nil {
			log.WarnContext(ctx, "field failed", "error", err.Err.Error(), "path", string(execute.AppendPath(nil, err.Path)), traceID(ctx))
		}
	}
	log.DebugContext(ctx, "operation", "type", string(p.Kind()), "name", clip(p.operation.Name),
		"took", took, "errors", len(errs), traceID(ctx))
}

// Stream implements transport.Operation.
func (p *prepared) Stream(ctx context.Context) (transport.Stream, *transport.Refusal) {
	if p.Kind() != transport.Subscription {
		return p.startIncremental(ctx), nil
	}
	live, refusal := p.router.subscribe(ctx, p)
	if refusal != nil {
		return nil, refusal
	}
	return liveStream{live}, nil
}

// liveStream gives a client the events of a live operation.
type liveStream struct{ *subscribe.Subscriber }

// Next implements transport.Stream.
func (l liveStream) Next(ctx context.Context) (*transport.Result, error) {
	return l.result(l.Subscriber.Next(ctx))
}

// Poll implements transport.Polled.
func (l liveStream) Poll(notify func()) (*transport.Result, error) {
	return l.result(l.Subscriber.Poll(notify))
}

func (l liveStream) result(event *subscribe.Event, err error) (*transport.Result, error) {
	if event == nil && err == nil {
		return nil, nil //nolint:nilnil // nothing yet
	}
	if err == nil {
		return &transport.Result{Body: event.Body, HasData: event.HasData, Cursor: event.Cursor}, nil
	}
	var ended *subscribe.EndedError
	if errors.As(err, &ended) {
		return nil, endRefusal(ended)
	}
	return nil, err
}

// lost logs that a live operation has ended, once for all of its clients.
func (r *Router) lost(ctx context.Context, ended *subscribe.EndedError) {
	r.options.Logger.WarnContext(ctx, "live operation ended", "reason", string(ended.Reason), "error", ended.Error(), traceID(ctx))
}

// endRefusal says why a live operation ended, and where, so that the client can go on from there.
func endRefusal(ended *subscribe.EndedError) *transport.Refusal {
	var refused *transport.Refusal
	if errors.As(ended.Err, &refused) {
		return refused
	}
	refusal := transport.Refuse(http.StatusServiceUnavailable, string(ended.Reason), reasons(ended.Reason))
	if ended.Cursor != "" {
		refusal.Errors[0].Extensions["cursor"] = ended.Cursor
	}
	return refusal
}

func reasons(reason subscribe.Reason) string {
	switch reason {
	case subscribe.SlowReader:
		return "events were read too slowly: subscribe again from the last cursor"
	case subscribe.Invalidated:
		return "the schema has changed: this subscription is not valid any more"
	case subscribe.Revoked:
		return "your rights may have changed: subscribe again from the last cursor"
	case subscribe.TooMany:
		return "too many live operations run: try again later"
	case subscribe.Closing:
		return "the server is shutting down: connect again"
	}
	return "the source of the events was lost: subscribe again from the last cursor"
}
