package main

import (
	"context"
	"net"
	"net/http"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/router/transport"
)

// aRequest is what the audit log calls that which was refused where it was no field.
const aRequest = "request"

// denied tells the audit log of what the router refuses. Of the request it tells the address, and nothing that came with it.
func (f *foundation) denied(ctx context.Context, d transport.Denial) {
	e := audit.Event{Action: aRequest, Code: d.Code}
	if _, known := auth.FromContext(ctx); !known {
		e.Address = auth.ClientAddress(&http.Request{RemoteAddr: net.JoinHostPort(d.Remote, "0"), Header: d.Header}, f.proxies...)
	}
	for _, field := range d.Fields {
		e.Action = field
		f.audit.Deny(ctx, e)
	}
	if len(d.Fields) == 0 {
		f.audit.Deny(ctx, e)
	}
}
