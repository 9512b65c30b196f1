//go:build race

package processor

// slowdown is how many times the work of other builds this one may do, on a machine that is busy with others.
const slowdown = 6
