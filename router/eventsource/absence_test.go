package eventsource_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"devportal.internal/router/eventsource"
)

func TestAbsence_ends_the_reading_when_patience_is_over(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		away := fmt.Errorf("%w: no answer", eventsource.ErrAway)
		var absence eventsource.Absence
		for _, step := range []struct {
			after time.Duration
			err   error
			ends  bool
		}{
			{0, away, false},
			{eventsource.Patience, away, false},
			{0, nil, false}, // it is back, and all patience with it
			{time.Hour, away, false},
			{eventsource.Patience, away, false},
			{time.Nanosecond, away, true},
			{0, nil, false},
			{0, eventsource.ErrExpired, true},
		} {
			time.Sleep(step.after)
			if ends := absence.Ends(t.Context(), step.err); ends != step.ends {
				t.Errorf("%v after %s ends the reading: %t", step.err, step.after, ends)
			}
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if !absence.Ends(over, away) {
			t.Error("the reading goes on though nobody waits")
		}
	})
}
