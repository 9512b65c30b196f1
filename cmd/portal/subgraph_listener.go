package main

import (
	"net/http"

	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/telemetry"
	"devportal.internal/router"
)

// subgraphListener serves a subgraph to a router in another process.
func subgraphListener(f *foundation, name string, s subgraph) lifecycle.Part {
	mux := http.NewServeMux()
	mux.Handle("POST /graphql", s.Handler())
	mux.Handle("GET /graphql", s.Handler())
	mux.Handle("GET /healthz", f.health.LiveHandler())
	mux.Handle("GET /readyz", f.health.ReadyHandler())
	part := lifecycle.HTTPServer("subgraph "+name, f.settings.Subgraphs.Listen, router.NewServer(telemetry.Instrument(mux, f.logger)), nil)
	part.StopTimeout = f.settings.GracePeriod
	return part
}
