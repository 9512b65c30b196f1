// Command billing writes the example organisation's cloud bill: a FOCUS 1.0 file of 120 days, in CSV.
//
//	go run ./examples/billing > examples/billing/focus.csv
//
// The bill is made up and always the same. It has what real ones have: charges whose tags name an entity of the catalog,
// charges that nobody tagged, a prepaid commitment, credits, taxes, a correction, literal NULLs, times that are not ISO
// 8601, and one day on which something went wrong.
//
// Terms: an item is something that is charged for every day; a charge is one line of the bill.
//
// Main invariant: money is a whole number of micro-dollars until it is printed.
package main
