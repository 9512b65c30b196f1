package telemetry

import (
	"context"
	"log/slog"
)

// AtLeast is the logger without what is less important than a level: for libraries that tell more than anybody reads.
func AtLeast(logger *slog.Logger, least slog.Level) *slog.Logger {
	return slog.New(leastLevel{logger.Handler(), least})
}

type leastLevel struct {
	slog.Handler
	least slog.Level
}

// Enabled implements [slog.Handler].
func (h leastLevel) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.least && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h leastLevel) WithAttrs(attrs []slog.Attr) slog.Handler {
	return leastLevel{h.Handler.WithAttrs(attrs), h.least}
}

// WithGroup implements [slog.Handler].
func (h leastLevel) WithGroup(name string) slog.Handler {
	return leastLevel{h.Handler.WithGroup(name), h.least}
}
