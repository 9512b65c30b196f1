package telemetry_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"devportal.internal/internal/telemetry"
)

func BenchmarkAccessLine(b *testing.B) {
	for name, logger := range map[string]*slog.Logger{
		"redacting": telemetry.NewLogger(io.Discard, telemetry.LogOptions{Format: "json"}),
		"plain":     slog.New(slog.NewJSONHandler(io.Discard, nil)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				logger.LogAttrs(b.Context(), slog.LevelInfo, "request", slog.String("method", "POST"),
					slog.String("path", "/graphql"), slog.Int("status", 200), slog.Int64("bytes", 12345),
					slog.Duration("duration", 3*time.Millisecond))
			}
		})
	}
}

func BenchmarkInstrument(b *testing.B) {
	logger := telemetry.NewLogger(io.Discard, telemetry.LogOptions{Format: "json"})
	handler := telemetry.Instrument(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), logger)
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
