// Package cost is what software costs: bills are read, attributed to the catalog's entities, and added up.
//
// Terms:
//
//   - A charge is one line of a bill: an amount for a service on a day, with the tags of what was charged for.
//   - A source is one bill file; importing it again replaces what it said before.
//   - A rule attributes a charge to an entity by one of its tags. What no rule attributes to an entity that exists is
//     the unallocated remainder.
//   - A period is a number of days that end with the last complete day of the bills.
//
// Data flows one way:
//
//	bill file ── ingest ──▶ charges ── Ledger ──▶ daily charges by service and attribution ── postgres ──▶ facts ── Summarise ──▶ costs
//
// Main invariant: parts add up. The days of a cost, its services, and the entities of a report with the unallocated
// remainder each sum to the total, exactly: money is decimal and is never divided before it is shown.
package cost
