package router

import (
	"net/http"
	"time"
)

// NewServer makes an http.Server that slow clients cannot hold up: headers have ten seconds, idle connections two
// minutes, and headers 64 KB. The time of bodies is limited where they are read, and that of responses where they are
// written, for streams take as long as they take. Its listener is wrapped by transport.Listener, against requests whose
// length can be read in two ways.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
