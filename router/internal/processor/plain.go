//go:build !race

package processor

// slowdown is 1: bounds are meant for this build.
const slowdown = 1
