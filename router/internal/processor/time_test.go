package processor_test

import (
	"testing"

	"devportal.internal/router/internal/processor"
)

func TestTime_grows_with_work(t *testing.T) {
	t.Parallel()
	before, sum := processor.Time(), 0
	for i := range 200_000_000 {
		sum ^= i
	}
	if after := processor.Time(); after <= before {
		t.Errorf("%v before and %v after %d", before, after, sum)
	}
}
