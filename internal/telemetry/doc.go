// Package telemetry is how the portal tells what it does: logs, traces, metrics, and the admin listener that shows
// them.
//
//	request ── Instrument (span, metrics, access log) ── handlers ── slog ── redact ── JSON or text
//	                     │                                             └── trace_id, span_id of the context
//	                     ├── traces ── OTLP, when configured (batched, dropped when the collector is down)
//	                     └── metrics ── Prometheus, on the admin listener
//
// Invariant: no secret leaves by this way. Values of type [Secret] print as "[redacted]" everywhere; the log handler
// redacts attributes whose name says that they are secret, and credentials within URLs; the access log has the path of
// a request and never its query.
package telemetry
