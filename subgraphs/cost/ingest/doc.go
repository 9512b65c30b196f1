// Package ingest reads bills. FOCUS, the FinOps Open Cost and Usage Specification 1.0 to 1.2 (https://focus.finops.org),
// is read as CSV with the quirks that real files have: literal NULLs, timestamps that are not ISO 8601, columns that do
// not belong, and names in any case.
//
// A bad row does not hold back the file: it is left out and reported with its line, a few in full and the rest counted.
// Invariant: no amount passes through a binary floating-point number.
package ingest
