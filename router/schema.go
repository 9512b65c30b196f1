package router

import (
	"net/http"

	"devportal.internal/router/transport"
)

// APISchema is the SDL of the whole API.
func (r *Router) APISchema() string { return r.current.Load().schema.APISource }

// ServeSchema answers GET with the API schema as the caller sees it: for /schema.graphql.
func (r *Router) ServeSchema(w http.ResponseWriter, req *http.Request) {
	text, refusal := r.schemaFor(req)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Add("Vary", "Authorization, Cookie")
	w.Header().Set("Cache-Control", "private, no-cache")
	if refusal != nil {
		w.Header().Set("Content-Type", "application/graphql-response+json; charset=utf-8")
		for name, values := range refusal.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(refusal.Status)
		_, _ = w.Write(refusal.Body())
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(text))
}

func (r *Router) schemaFor(req *http.Request) (string, *transport.Refusal) {
	ctx, caller, err := req.Context(), transport.Caller{}, error(nil)
	if r.options.Authenticate != nil {
		if ctx, caller, err = r.options.Authenticate(ctx, req, nil); err != nil {
			return "", r.denied(ctx, req, transport.RefuseCaller(err))
		}
	}
	if refusal := r.checkIntrospection(caller); refusal != nil {
		refusal.Status = http.StatusForbidden
		return "", r.denied(ctx, req, refusal)
	}
	g := r.current.Load()
	rights, err := g.rules.rightsOf(ctx, caller)
	if err != nil {
		return "", r.refusal(ctx, err)
	}
	text, err := g.rules.view(rights).SDL()
	if err != nil {
		return "", r.refusal(ctx, err)
	}
	return text, nil
}
