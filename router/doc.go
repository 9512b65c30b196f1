// Package router is a GraphQL federation router: it answers operations over a supergraph by asking subgraphs.
//
// The path of an operation is the path through the folders:
//
//	SDL of subgraphs ── federation ─ compose ──▶ supergraph SDL ── supergraph ──▶ the model that the planner walks
//
//	request ─ transport ─▶ operation ─────────▶ plan ──────────────▶ execute ──▶ response
//	          (HTTP, ws,   (parse, limit,       (a DAG of fetches     │   ▲
//	           SSE)         validate, normalise, + a response shape,  ▼   │
//	                        cached)              cached)              upstream (HTTP, in-process)
//
//	between operation and plan, access takes out what the caller may not have
//
//	live operations: transport ─▶ subscribe ─▶ upstream stream ─▶ execute, once an event ─▶ transport
//	                                        └▶ eventsource, where messages of a stream are the events
//
// The package itself holds Router, which wires these rooms into one http.Handler; everything of substance lives in them.
// It knows nothing of the portal: what differs by product (who is asking, how upstream requests are signed) comes in
// through small interfaces.
//
// A router of a supergraph, with one subgraph in the same process and the others at their URLs:
//
//	r, err := router.New(router.Options{
//		Supergraph:   composed.SupergraphSDL,
//		Subgraphs:    map[string]upstream.Subgraph{"catalog": {Handler: catalog}},
//		Signer:       signer,       // proves to subgraphs who is asking
//		Authenticate: authenticate, // finds out who is asking
//		GraphiQL:     true,
//	})
//	if err != nil {
//		return err
//	}
//	mux.Handle("/graphql", r)
//	mux.HandleFunc("/schema.graphql", r.ServeSchema)
//	server := router.NewServer(mux) // with the time limits that slow clients must not pass
//	...
//	r.Drain() // and wait a second: clients under load come over to where they are to go
//	err = errors.Join(r.Shutdown(ctx), server.Shutdown(ctx))
package router
