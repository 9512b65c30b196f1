// Package processor measures the processor time of this process, for tests that say what something may cost.
//
// Wall time says how busy the machine is; processor time says what the work costs. A test that asserts a cost takes Time
// before and after and compares the difference with Allowed, which is generous to builds with the race detector: they
// do several times the work.
package processor
