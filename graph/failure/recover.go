package failure

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"

	"devportal.internal/internal/fault"
)

// Recover gives gqlgen's recover function: a panic becomes an internal fault, its stack goes to the log.
func Recover(logger *slog.Logger) graphql.RecoverFunc {
	return func(ctx context.Context, panicked any) error {
		logger.ErrorContext(ctx, "resolver panicked",
			slog.String("panic", fmt.Sprint(panicked)), slog.String("stack", string(debug.Stack())))
		return fault.Internal("failure.Recover", fmt.Errorf("panic: %v", panicked))
	}
}
