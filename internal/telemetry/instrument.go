package telemetry

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
)

// maxLoggedPath bounds what of a request's path is logged.
const maxLoggedPath = 256

// Instrument wraps the handler of a listener: a span and metrics for each request, one line in the access log, and 500
// instead of a broken connection when the handler panics. Probes are logged at debug level. The line has the method,
// the path without its query, the status, the bytes and the time.
func Instrument(next http.Handler, logger *slog.Logger) http.Handler {
	return otelhttp.NewHandler(accessLog(recoverPanics(next, logger), logger), "http.server",
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return "HTTP " + method(r) }))
}

// Client wraps the transport of an HTTP client: a span for each request, and its trace goes along.
func Client(next http.RoundTripper) http.RoundTripper { return otelhttp.NewTransport(next) }

func accessLog(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := httpsnoop.CaptureMetrics(next, w, r)
		logger.LogAttrs(r.Context(), levelOf(r), "request",
			slog.String("method", method(r)),
			slog.String("path", loggedPath(r)),
			slog.Int("status", seen.Code),
			slog.Int64("bytes", seen.Written),
			slog.Duration("duration", seen.Duration),
		)
	})
}

func levelOf(r *http.Request) slog.Level {
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func loggedPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	return path[:min(len(path), maxLoggedPath)]
}

// method gives a known method, or "other": a client may send any word.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return r.Method
	default:
		return "other"
	}
}

func recoverPanics(next http.Handler, logger *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			reason := recover()
			if reason == nil {
				return
			}
			if err, ok := reason.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(http.ErrAbortHandler)
			}
			logger.ErrorContext(r.Context(), "panic", "reason", reason, "stack", string(debug.Stack()))
			http.Error(w, "internal error", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
