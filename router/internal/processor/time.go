package processor

import (
	"fmt"
	"syscall"
	"time"
)

// Time is the processor time that this process has used since it began, by all its threads, for itself and the kernel.
func Time() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(fmt.Sprintf("processor: this process is not accounted for: %v", err))
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Allowed is a bound on processor or wall time as it holds for this build.
func Allowed(bound time.Duration) time.Duration { return bound * slowdown }
