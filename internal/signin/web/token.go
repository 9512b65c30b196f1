package web

import (
	"encoding/json"
	"net/http"
	"slices"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin/session"
)

// token gives an access token and a refresh token: for the session's cookie (grant_type=session), or for a refresh token
// (grant_type=refresh_token). Answers have the form of RFC 6749 sections 5.1 and 5.2.
func (h *Handler) token(w http.ResponseWriter, r *http.Request) {
	h.allowOrigin(w, r)
	client := h.address(r) + " " + r.UserAgent()
	var pair session.Pair
	var err error
	switch r.PostFormValue("grant_type") {
	case "session":
		pair, err = h.issue(r, client)
	case "refresh_token":
		pair, err = h.options.Sessions.Refresh(r.Context(), r.PostFormValue("refresh_token"), client)
		if fault.Code(err) == session.CodeRefreshReused {
			if recordErr := h.record(r, audit.Event{Kind: audit.Credential, Action: "refresh", Outcome: audit.Refused, Code: session.CodeRefreshReused}); recordErr != nil {
				err = recordErr
			}
		}
	default:
		answer(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type", "error_description": "grant_type must be session or refresh_token"})
		return
	}
	if err != nil {
		h.refuseToken(w, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": pair.Access, "token_type": "Bearer", "expires_in": int(pair.Life.Seconds()), "refresh_token": pair.Refresh,
	})
}

func (h *Handler) issue(r *http.Request, client string) (session.Pair, error) {
	cookie, err := r.Cookie(h.options.Cookie)
	if err != nil {
		return session.Pair{}, fault.Unauthenticated("web.issue", "sign in first")
	}
	p, err := h.options.Sessions.Find(r.Context(), cookie.Value)
	if err != nil {
		return session.Pair{}, err
	}
	return h.options.Sessions.Issue(r.Context(), p.Session, client)
}

func (h *Handler) refuseToken(w http.ResponseWriter, err error) {
	if !fault.Is(err, fault.KindUnauthenticated) {
		answer(w, http.StatusServiceUnavailable, map[string]any{"error": "temporarily_unavailable"})
		return
	}
	message, _ := fault.Message(err)
	answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": message, "code": fault.Code(err)})
}

// allowOrigin lets pages of the allowed origins read the answer.
func (h *Handler) allowOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "*" && slices.Contains(h.options.AllowedOrigins, origin) {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic("web: texts and numbers always marshal: " + err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}
