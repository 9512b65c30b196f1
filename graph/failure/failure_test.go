package failure_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"devportal.internal/graph/failure"
	"devportal.internal/internal/fault"
)

func TestPresent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err           error
		message, code string
		logged        bool
	}{
		"a fault with a message and a code": {fault.Invalid("op", "no such kind").WithCode("BAD_KIND"), "no such kind", "BAD_KIND", false},
		"a fault without a code":            {fault.Forbidden("op", "not you"), "not you", "FORBIDDEN", false},
		"one that gqlgen wrapped":           {gqlerror.WrapPath(nil, fault.NotFound("op", "gone")), "gone", "NOT_FOUND", false},
		"an internal one":                   {fault.Internal("op", errors.New("password=hunter2")).WithCode("X"), "internal error", "INTERNAL", true},
		"a foreign one":                     {errors.New("dial tcp 10.0.0.1: hunter2"), "internal error", "INTERNAL", true},
		"an unavailable one":                {fault.Unavailable("op", errors.New("hunter2")), "this does not answer at the moment; try again later", "UNAVAILABLE", true},
		"what the library says itself":      {&gqlerror.Error{Message: "Cannot query field", Extensions: map[string]any{"code": "GRAPHQL_VALIDATION_FAILED"}}, "Cannot query field", "GRAPHQL_VALIDATION_FAILED", false},
		"a number out of range":             {gqlerror.WrapPath(nil, fmt.Errorf("x: %w", &graphql.NumberOverflowError{})), "the number is out of range", "INVALID", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			shown := failure.Present(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), tt.err)
			if shown.Message != tt.message || shown.Extensions["code"] != tt.code {
				t.Errorf("shown %q, %v", shown.Message, shown.Extensions)
			}
			if strings.Contains(fmt.Sprint(shown.Message, shown.Extensions), "hunter2") {
				t.Errorf("it shows the cause: %v", shown)
			}
			id, _ := shown.Extensions["traceId"].(string)
			if (id != "") != tt.logged || (tt.logged && !strings.Contains(log.String(), id)) {
				t.Errorf("trace id %q, log %q", id, log.String())
			}
		})
	}
	t.Run("what ended with its request is not logged", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var log bytes.Buffer
		_ = failure.Present(ctx, slog.New(slog.NewTextHandler(&log, nil)), fault.Unavailable("op", ctx.Err()))
		if log.Len() > 0 {
			t.Errorf("log %s", log.String())
		}
	})
}

func TestUserErrors(t *testing.T) {
	t.Parallel()
	invalid := fault.Invalid("op", "too short").WithCode("SHORT").At("input", "name")
	tests := map[string]struct {
		err    error
		want   []*failure.UserError
		passed bool
	}{
		"nothing":              {nil, []*failure.UserError{}, false},
		"an invalid fault":     {fault.In("outer", invalid), []*failure.UserError{{Code: "SHORT", Message: "too short", Path: []string{"input", "name"}}}, false},
		"one without a path":   {fault.Conflict("op", "taken"), []*failure.UserError{{Code: "CONFLICT", Message: "taken", Path: []string{"input"}}}, false},
		"several":              {errors.Join(invalid, fault.NotFound("op", "x")), []*failure.UserError{{Code: "SHORT", Message: "too short", Path: []string{"input", "name"}}, {Code: "NOT_FOUND", Message: "x", Path: []string{"input"}}}, false},
		"what nobody can mend": {fault.Forbidden("op", "no"), []*failure.UserError{}, true},
		"a foreign error":      {errors.New("x"), []*failure.UserError{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := failure.UserErrors(tt.err)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("user errors (-want +got):\n%s", diff)
			}
			if (err != nil) != tt.passed {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestRecover(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	err := failure.Recover(slog.New(slog.NewTextHandler(&log, nil)))(t.Context(), "hunter2")
	if !fault.Is(err, fault.KindInternal) || !strings.Contains(log.String(), "hunter2") {
		t.Errorf("error %v, log %s", err, log.String())
	}
}
