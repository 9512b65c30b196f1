package main

import (
	"context"
	"encoding/json"
	"net/http"

	"devportal.internal/router/transport"
)

// anonymous is the caller of a router that hides its schema: the stand-alone router knows no others.
func anonymous(ctx context.Context, _ *http.Request, _ json.RawMessage) (context.Context, transport.Caller, error) {
	return ctx, transport.Caller{HideSchema: true}, nil
}
