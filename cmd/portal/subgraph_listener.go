package main

import (
	"net/http"

	"devportal.internal/internal/lifecycle"
	"devportal.internal/internal/telemetry"
	"devportal.internal/router"
	"devportal.internal/router/transport"
	docsserver "devportal.internal/subgraphs/docs/server"
)

// subgraphListener serves a subgraph to a router in another process, and the assets of documentation to clients.
func subgraphListener(f *foundation, name string, s subgraph) (lifecycle.Part, error) {
	mux := http.NewServeMux()
	mux.Handle("POST /graphql", s.Handler())
	mux.Handle("GET /graphql", s.Handler())
	if docs, ok := s.(*docsserver.Server); ok {
		authenticator, err := newAuthenticator(f)
		if err != nil {
			return lifecycle.Part{}, err
		}
		mux.Handle("GET "+docsserver.AssetsPath, authenticated(authenticator, docs.AssetsHandler()))
	}
	mux.Handle("GET /healthz", f.health.LiveHandler())
	mux.Handle("GET /readyz", f.health.ReadyHandler())
	part := lifecycle.HTTPServer("subgraph "+name, f.settings.Subgraphs.Listen, router.NewServer(telemetry.Instrument(mux, f.logger)), nil, transport.Listener)
	part.StopTimeout = f.settings.GracePeriod
	return part, nil
}
