// Package cache keeps what was used last, bounded in number and in weight.
package cache
