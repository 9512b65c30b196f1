package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// LogOptions say how logs are written. The zero value writes text from info on.
type LogOptions struct {
	// Level is debug, info, warn or error; anything else is info.
	Level string
	// Format is json or text; anything else is text.
	Format string
}

// NewLogger makes a logger that writes one line a record, adds the trace of the context, and redacts secrets.
func NewLogger(w io.Writer, opts LogOptions) *slog.Logger {
	handlerOpts := &slog.HandlerOptions{Level: level(opts.Level), ReplaceAttr: redact}
	var handler slog.Handler = slog.NewTextHandler(w, handlerOpts)
	if opts.Format == "json" {
		handler = slog.NewJSONHandler(w, handlerOpts)
	}
	return slog.New(traceHandler{handler})
}

func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// redact hides the values of attributes with telling names and scrubs every text.
func redact(_ []string, attr slog.Attr) slog.Attr {
	value := attr.Value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		if isSecretName(attr.Key) && value.String() != "" {
			return slog.String(attr.Key, Redacted)
		}
		return slog.String(attr.Key, Scrub(value.String()))
	case slog.KindAny:
		return redactAny(attr.Key, value.Any())
	default:
		return attr
	}
}

func redactAny(key string, value any) slog.Attr {
	if isSecretName(key) {
		return slog.String(key, Redacted)
	}
	switch v := value.(type) {
	case nil, slog.Level, *slog.Source:
		return slog.Any(key, v)
	case error:
		return slog.String(key, Scrub(v.Error()))
	case fmt.Stringer:
		return slog.String(key, Scrub(v.String()))
	}
	text, err := json.Marshal(value)
	if err != nil {
		return slog.String(key, Scrub(fmt.Sprintf("%+v", value)))
	}
	return slog.Any(key, rawJSON(Scrub(string(text))))
}

// rawJSON is JSON in a JSON log and plain text in a text log.
type rawJSON string

// MarshalJSON gives the text as it is, or as a string when scrubbing broke it.
func (r rawJSON) MarshalJSON() ([]byte, error) {
	if json.Valid([]byte(r)) {
		return []byte(r), nil
	}
	return json.Marshal(string(r))
}

// MarshalText gives the text as it is.
func (r rawJSON) MarshalText() ([]byte, error) { return []byte(r), nil }

// traceHandler adds the trace and span of the context to each record.
type traceHandler struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h traceHandler) Handle(ctx context.Context, record slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		record = record.Clone()
		record.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements [slog.Handler].
func (h traceHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h traceHandler) WithGroup(name string) slog.Handler {
	return traceHandler{h.Handler.WithGroup(name)}
}

// TraceID gives the id of the context's trace, which masked errors carry so that they can be found in the log; "" when
// there is none.
func TraceID(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return ""
}
