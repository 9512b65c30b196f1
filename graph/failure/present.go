package failure

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"go.opentelemetry.io/otel/trace"

	"devportal.internal/internal/fault"
)

// codeInvalidInput is what the GraphQL library's own complaints about values are called.
const codeInvalidInput = "INVALID"

// Presenter gives gqlgen's error presenter.
func Presenter(logger *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error { return Present(ctx, logger, err) }
}

// Present turns an error into what the client is told. Faults that somebody has to look into are logged.
func Present(ctx context.Context, logger *slog.Logger, err error) *gqlerror.Error {
	shown := &gqlerror.Error{Path: pathOf(ctx, err)}
	var ofLibrary *gqlerror.Error
	if errors.As(err, &ofLibrary) {
		shown.Locations = ofLibrary.Locations
		if ofLibrary.Err == nil {
			return fromLibrary(shown, ofLibrary)
		}
	}
	if isBadNumber(err) {
		return with(shown, "the number is out of range", codeInvalidInput)
	}
	return fromFault(ctx, logger, shown, err)
}

// fromLibrary shows what the parser, the validator or the executor itself said about the document.
func fromLibrary(shown, err *gqlerror.Error) *gqlerror.Error {
	code, _ := err.Extensions["code"].(string)
	if code == "" {
		code = codeOf(fault.KindInternal)
	}
	return with(shown, err.Message, code)
}

func fromFault(ctx context.Context, logger *slog.Logger, shown *gqlerror.Error, err error) *gqlerror.Error {
	kind := fault.KindOf(err)
	code, message := fault.Code(err), messageOf(err, kind)
	if code == "" || kind == fault.KindInternal {
		code = codeOf(kind)
	}
	_ = with(shown, message, code)
	if kind == fault.KindInternal || kind == fault.KindUnavailable {
		traceID := traceIDOf(ctx)
		shown.Extensions["traceId"] = traceID
		report(ctx, logger, traceID, err)
	}
	return shown
}

// report logs what the client is not told. A request that its client gave up is nothing to look into.
func report(ctx context.Context, logger *slog.Logger, traceID string, err error) {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return
	}
	logger.ErrorContext(ctx, "request failed", slog.String("error_trace_id", traceID), slog.String("error", err.Error()))
}

func with(shown *gqlerror.Error, message, code string) *gqlerror.Error {
	shown.Message = message
	shown.Extensions = map[string]any{"code": code}
	return shown
}

func messageOf(err error, kind fault.Kind) string {
	if message, ok := fault.Message(err); ok {
		return message
	}
	switch kind {
	case fault.KindInvalid:
		return "the request is not valid"
	case fault.KindUnauthenticated:
		return "sign in first"
	case fault.KindForbidden:
		return "you may not do this"
	case fault.KindNotFound:
		return "there is nothing of that name that you may see"
	case fault.KindConflict:
		return "it was changed in the meantime"
	case fault.KindUnavailable:
		return "this does not answer at the moment; try again later"
	default:
		return "internal error"
	}
}

// codeOf gives the code of a kind: NOT_FOUND, FORBIDDEN and so on.
func codeOf(kind fault.Kind) string { return strings.ToUpper(string(kind)) }

func isBadNumber(err error) bool {
	var number *graphql.NumberOverflowError
	var integer *graphql.IntegerError
	return errors.As(err, &number) || errors.As(err, &integer)
}

func pathOf(ctx context.Context, err error) ast.Path {
	var ofLibrary *gqlerror.Error
	if errors.As(err, &ofLibrary) && ofLibrary.Path != nil {
		return ofLibrary.Path
	}
	return graphql.GetPath(ctx)
}

// traceIDOf gives the id of the current trace, or a fresh one that only the log knows.
func traceIDOf(ctx context.Context) string {
	if span := trace.SpanContextFromContext(ctx); span.HasTraceID() {
		return span.TraceID().String()
	}
	return strings.ToLower(rand.Text())
}
