// Package relay is what every subgraph's lists and ids have in common: global ids, connections, cursors.
//
// Terms:
//
//	global id   opaque text that holds a type and a uid; it survives a rename
//	cursor      opaque text that holds the list's name and the sort key of one item in it
//	page        a bounded part of a list: how many items, after or before which key, from which end
//
// A list is read by key set: the store reads one item more than the page has, so that [NewConnection] knows whether there is
// another page without counting.
//
// Invariant: a cursor or id that was not made by this package for this list or type is an invalid fault, never a
// surprise further down.
package relay
