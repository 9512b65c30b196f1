package transport

import (
	"net/http"

	"devportal.internal/router/transport/graphiql"
)

// assetParameter names the file of the page in the URL, so that the page works wherever the endpoint is mounted.
const assetParameter = "graphiql"

// wantsPage says whether a browser asks for the page: it prefers HTML and asks no query.
func wantsPage(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	query := r.URL.Query()
	if query.Has(assetParameter) {
		return true
	}
	ranges := acceptedRanges(r.Header)
	return !query.Has("query") && named(ranges, mediaHTML) &&
		preferred(ranges, mediaHTML, mediaJSON, mediaGraphQL) == mediaHTML
}

func (h *Handler) servePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	if name := r.URL.Query().Get(assetParameter); name != "" {
		graphiql.ServeAsset(w, r, name)
		return
	}
	graphiql.ServePage(w, r, h.options.GraphiQLQuery)
}
