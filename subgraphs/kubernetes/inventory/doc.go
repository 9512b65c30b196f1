// Package inventory turns the objects of a cluster into workloads: which there are, how many of their pods are ready, and
// what is wrong with them.
//
// It is a pure function of the objects: the same objects give the same workloads, in any order. An object belongs to the
// topmost controller among its owners that is there; what it owns is never a workload of its own.
package inventory
