package router

import (
	"context"
	"net/http"
	"slices"

	"devportal.internal/router/access"
	"devportal.internal/router/transport"
)

// deny tells whoever is to know that the caller was refused the operation, or some fields of it.
func (p *prepared) deny(ctx context.Context, code string, fields []access.Denied) {
	if p.router.options.Denied == nil {
		return
	}
	denial := transport.Denial{Code: code, Remote: p.request.Remote, Header: p.request.Header}
	for _, field := range fields {
		if !slices.Contains(denial.Fields, field.Coordinate) {
			denial.Fields = append(denial.Fields, field.Coordinate)
		}
	}
	p.router.options.Denied(ctx, denial)
}

// denied tells of a request for the schema that is refused. It gives the refusal.
func (r *Router) denied(ctx context.Context, req *http.Request, refusal *transport.Refusal) *transport.Refusal {
	if r.options.Denied != nil {
		r.options.Denied(ctx, transport.DenialOf(req, refusal))
	}
	return refusal
}
