// Package scalar binds the graph's custom scalars to Go, once for every subgraph.
//
//	EntityRef  string                 canonical: lower case, `kind:namespace/name`
//	DateTime   time.Time              RFC 3339 in UTC
//	Date       time.Time              midnight in UTC of a day, `YYYY-MM-DD`
//	Decimal    udecimal.Decimal       exact, written as a string
//	JSON       any                    any JSON value, of bounded depth and size
//
// Invariant: what an Unmarshal function returns is valid and in canonical form; anything else that a client may send is
// an invalid fault, never a panic.
package scalar
