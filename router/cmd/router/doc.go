// Command router composes subgraph schemas, shows how operations are planned, and serves a supergraph on its own.
//
//	router serve   --supergraph FILE|URL [--listen ADDRESS] [--config FILE] …
//	router compose --config supergraph.yaml [--api] [--out FILE]
//	router compose --format json < subgraphs.json
//	router plan    --supergraph FILE --operation FILE [--format text|json]
//
// Settings of serve come from flags, from ROUTER_* variables and from a YAML file; the first that sets one wins. An
// unknown or invalid setting stops the start with one line that names it.
package main
