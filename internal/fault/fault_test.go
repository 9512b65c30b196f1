package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/fault"
)

func TestKindOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want fault.Kind
	}{
		"nil has no kind":                    {nil, ""},
		"a foreign error is internal":        {io.EOF, fault.KindInternal},
		"an expired context is unavailable":  {fmt.Errorf("query: %w", context.DeadlineExceeded), fault.KindUnavailable},
		"a wrapped fault keeps its kind":     {fmt.Errorf("read: %w", fault.NotFound("op", "no")), fault.KindNotFound},
		"the outermost fault decides":        {fault.Wrap(fault.KindConflict, "op", fault.Invalid("in", "x")), fault.KindConflict},
		"the zero fault is internal":         {&fault.Error{}, fault.KindInternal},
		"an unknown kind counts as internal": {&fault.Error{Kind: "odd"}, fault.KindInternal},
		"In keeps the kind":                  {fault.In("outer", fault.Forbidden("in", "x")), fault.KindForbidden},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.KindOf(tt.err); got != tt.want {
				t.Errorf("KindOf(%v) = %q, want %q", tt.err, got, tt.want)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	t.Run("the cause's text is never a message", func(t *testing.T) {
		t.Parallel()
		err := fault.Unavailable("store.Load", errors.New("dial postgres://u:hunter2@db"))
		if msg, ok := fault.Message(err); ok {
			t.Errorf("message = %q, want none", msg)
		}
		if !strings.Contains(err.Error(), "hunter2") {
			t.Error("the log text lost the cause")
		}
	})
	t.Run("an internal fault shows nothing even if it carries a message", func(t *testing.T) {
		t.Parallel()
		if msg, ok := fault.Message(fault.Internal("op", io.EOF).WithMessage("secret")); ok {
			t.Errorf("message = %q, want none", msg)
		}
	})
	t.Run("an invalid fault's message survives wrapping", func(t *testing.T) {
		t.Parallel()
		inner := fault.Invalid("in", "kind %q is not known", "x").WithCode("BAD_KIND").At("input", "kind")
		err := fmt.Errorf("outer: %w", fault.Wrap(fault.KindInvalid, "out", inner))
		if msg, ok := fault.Message(err); !ok || msg != `kind "x" is not known` {
			t.Errorf("message = %q, %v", msg, ok)
		}
		if got := fault.Code(err); got != "BAD_KIND" {
			t.Errorf("code = %q", got)
		}
		if diff := cmp.Diff([]string{"input", "kind"}, fault.Path(err)); diff != "" {
			t.Errorf("path (-want +got):\n%s", diff)
		}
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	t.Run("nil stays a nil error", func(t *testing.T) {
		t.Parallel()
		if err := fault.Wrap(fault.KindInvalid, "op", nil); err != nil {
			t.Errorf("Wrap(nil) = %v", err)
		}
		if err := fault.In("op", nil); err != nil {
			t.Errorf("In(nil) = %v", err)
		}
	})
	t.Run("the cause is found by errors.Is", func(t *testing.T) {
		t.Parallel()
		if !errors.Is(fault.Wrap(fault.KindNotFound, "op", io.EOF), io.EOF) {
			t.Error("cause lost")
		}
	})
	t.Run("copies leave the original as it was", func(t *testing.T) {
		t.Parallel()
		original := fault.Conflict("op", "exists")
		_ = original.WithCode("X").At("a").WithMessage("m").Because(io.EOF)
		if diff := cmp.Diff(&fault.Error{Kind: fault.KindConflict, Op: "op", Message: "exists"}, original); diff != "" {
			t.Errorf("original changed (-want +got):\n%s", diff)
		}
	})
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	err := fault.Invalid("catalog.Register", "target is empty").Because(io.EOF)
	if got, want := err.Error(), "catalog.Register: invalid: target is empty: EOF"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestKindsAreAllKnown(t *testing.T) {
	t.Parallel()
	for _, kind := range fault.Kinds() {
		if got := fault.KindOf(&fault.Error{Kind: kind}); got != kind {
			t.Errorf("KindOf = %q, want %q", got, kind)
		}
	}
}
