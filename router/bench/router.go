package main

import (
	"net/http"

	"devportal.internal/router"
)

// serveRouter serves the router as it is shipped.
func serveRouter(s settings) error {
	sdl, err := supergraphSDL(s.subgraphs)
	if err != nil {
		return err
	}
	r, err := router.New(router.Options{Supergraph: sdl, Deduplicate: router.Deduplication{Queries: s.deduplicate, Fetches: s.deduplicate}})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", r)
	return serve(mux)
}
