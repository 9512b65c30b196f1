package router

import (
	"context"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"devportal.internal/router/execute"
)

// propagator ties requests to subgraphs to the trace of the operation (W3C trace context).
type propagator struct{}

// Inject implements upstream.Propagator.
func (propagator) Inject(ctx context.Context, set func(name, value string)) {
	propagation.TraceContext{}.Inject(ctx, setter(set))
}

// setter is a carrier that only sets.
type setter func(name, value string)

// Get implements propagation.TextMapCarrier.
func (setter) Get(string) string { return "" }

// Set implements propagation.TextMapCarrier.
func (s setter) Set(name, value string) { s(name, value) }

// Keys implements propagation.TextMapCarrier.
func (setter) Keys() []string { return nil }

// traced takes up the client's trace, unless somebody before has begun one for the request.
func traced(r *http.Request) *http.Request {
	ctx := r.Context()
	if r.Header.Get("Traceparent") == "" || trace.SpanContextFromContext(ctx).IsValid() {
		return r
	}
	return r.WithContext(propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header)))
}

// traceID is the attribute by which log lines are found from a trace, and from an error that a client reports.
func traceID(ctx context.Context) slog.Attr {
	span := trace.SpanContextFromContext(ctx)
	if !span.HasTraceID() {
		return slog.Attr{}
	}
	return slog.String("trace_id", span.TraceID().String())
}

// observe counts a fetch. Why one failed is logged with the field that it failed.
func (r *Router) observe(_ context.Context, end execute.FetchEnd) {
	r.metrics.fetched(end.Subgraph, end.Err != nil)
}
