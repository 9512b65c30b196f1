package web

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"devportal.internal/internal/audit"
	"devportal.internal/internal/auth"
	"devportal.internal/internal/fault"
	"devportal.internal/internal/signin"
	"devportal.internal/internal/signin/seal"
	"devportal.internal/internal/signin/session"
	"devportal.internal/internal/signin/throttle"
)

const (
	// maxForm bounds what is posted: a SAML answer is the largest.
	maxForm = 1 << 20
	// attemptLife is how long somebody may take at a provider.
	attemptLife    = 10 * time.Minute
	attemptPurpose = "sign-in attempt"
	maxReturnTo    = 1024
)

// Throttle slows down who guesses.
type Throttle interface {
	Admit(ctx context.Context, login, address string) (succeeded func(context.Context), err error)
}

// Identities remembers what providers say of people.
type Identities interface {
	Remember(ctx context.Context, who signin.Identity, p auth.Principal, at time.Time) error
}

// Recorder remembers what was done.
type Recorder interface {
	Record(ctx context.Context, e audit.Event) error
}

// Options are what sign-in needs; all are required but the last three.
type Options struct {
	Providers  []signin.Provider
	Resolver   *signin.Resolver
	Sessions   *session.Sessions
	Seal       *seal.Seal
	Throttle   Throttle
	Identities Identities
	Audit      Recorder
	Logger     *slog.Logger
	// Cookie is the name of the session cookie. Secure says that browsers come over TLS.
	Cookie string
	Secure bool
	// Proxies are believed where a request came from. AllowedOrigins may send the token endpoint requests.
	Proxies        []netip.Prefix
	AllowedOrigins []string
}

// Handler serves /auth/.
type Handler struct {
	options   Options
	providers map[string]signin.Provider
	pages     *pages
	mux       *http.ServeMux
}

// New makes the handler.
func New(options Options) (*Handler, error) {
	h := &Handler{options: options, providers: map[string]signin.Provider{}, pages: newPages(), mux: http.NewServeMux()}
	for _, p := range options.Providers {
		h.providers[p.Name()] = p
	}
	sameSite := http.NewCrossOriginProtection()
	for _, origin := range options.AllowedOrigins {
		if origin == "*" {
			continue // whoever may read public answers may not act for somebody
		}
		if err := sameSite.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	guarded := func(handler http.HandlerFunc) http.Handler { return sameSite.Handler(handler) }
	h.mux.HandleFunc("GET /auth/sign-in", h.signIn)
	h.mux.HandleFunc("GET /auth/account", h.account)
	h.mux.Handle("POST /auth/sign-out", guarded(h.signOut))
	h.mux.Handle("POST /auth/token", guarded(h.token))
	h.mux.HandleFunc("GET /auth/{provider}/start", h.start)
	h.mux.HandleFunc("GET /auth/{provider}/callback", h.complete)
	// The provider's page posts here: the answer itself is signed, and bound to the browser by the attempt.
	h.mux.HandleFunc("POST /auth/{provider}/acs", h.complete)
	h.mux.HandleFunc("GET /auth/{provider}/metadata", h.metadata)
	h.mux.Handle("POST /auth/{provider}/password", guarded(h.password))
	return h, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		h.pages.show(w, http.StatusBadRequest, page{Title: "This cannot be read", Again: true})
		return
	}
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) {
	h.pages.show(w, http.StatusOK, h.choices("", returnTo(r.URL.Query().Get("return_to"))))
}

// choices is the page with the providers.
func (h *Handler) choices(problem, back string) page {
	content := page{Title: "Sign in", Problem: problem, ReturnTo: back}
	for _, p := range h.options.Providers {
		title := p.Title()
		if title == "" {
			title = "Sign in with " + p.Name()
		}
		if _, takesPassword := p.(signin.PasswordChecker); takesPassword {
			content.Forms = append(content.Forms, choice{p.Name(), title})
		} else {
			content.Links = append(content.Links, choice{p.Name(), title})
		}
	}
	return content
}

// returnTo gives a path of the portal: the one wanted, or the account page.
func returnTo(wanted string) string {
	const home = "/auth/account"
	if !strings.HasPrefix(wanted, "/") || len(wanted) > maxReturnTo || strings.ContainsAny(wanted, "\\\r\n\t\x00") ||
		strings.HasPrefix(wanted, "//") {
		return home
	}
	parsed, err := url.Parse(wanted)
	if err != nil || parsed.IsAbs() || parsed.Host != "" || !strings.HasPrefix(parsed.Path, "/") || strings.HasPrefix(parsed.Path, "//") {
		return home
	}
	return parsed.String()
}

func (h *Handler) start(w http.ResponseWriter, r *http.Request) {
	provider, ok := h.providers[r.PathValue("provider")].(signin.Redirector)
	if !ok {
		h.notFound(w)
		return
	}
	attempt := &signin.Attempt{
		Provider: provider.Name(), State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		ReturnTo: returnTo(r.URL.Query().Get("return_to")), Expires: time.Now().Add(attemptLife).Unix(),
	}
	where, err := provider.Begin(r.Context(), attempt)
	if err != nil {
		h.refuse(w, r, provider.Name(), "", err)
		return
	}
	text, err := json.Marshal(attempt)
	if err != nil {
		panic("web: an attempt always marshals: " + err.Error())
	}
	h.setAttempt(w, provider.Name(), base64.RawURLEncoding.EncodeToString(h.options.Seal.Seal(attemptPurpose, provider.Name(), text)), int(attemptLife.Seconds()))
	http.Redirect(w, r, where.String(), http.StatusSeeOther)
}

// setAttempt sets the cookie of an attempt. Providers that post their answer come from another site: over TLS the cookie is
// sent there too; on a loopback name browsers send one without SameSite for two minutes.
func (h *Handler) setAttempt(w http.ResponseWriter, provider, value string, age int) {
	cookie := &http.Cookie{
		Name: "portal-attempt-" + provider, Value: value, Path: "/auth/" + provider, MaxAge: age, HttpOnly: true, Secure: h.options.Secure,
	}
	if h.options.Secure {
		cookie.SameSite = http.SameSiteNoneMode
	}
	http.SetCookie(w, cookie)
}

// attempt gives the attempt of this browser, if there is one that the state of the request is of.
func (h *Handler) attempt(r *http.Request, provider string) *signin.Attempt {
	cookie, err := r.Cookie("portal-attempt-" + provider)
	if err != nil {
		return nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return nil
	}
	text, err := h.options.Seal.Open(attemptPurpose, provider, sealed)
	var attempt signin.Attempt
	if err != nil || json.Unmarshal(text, &attempt) != nil || time.Now().Unix() > attempt.Expires {
		return nil
	}
	state := r.URL.Query().Get("state")
	if r.Method == http.MethodPost {
		state = r.PostFormValue("RelayState")
	}
	if subtle.ConstantTimeCompare([]byte(state), []byte(attempt.State)) != 1 {
		return nil
	}
	return &attempt
}

func (h *Handler) complete(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("provider")
	provider, ok := h.providers[name].(signin.Redirector)
	_, posts := provider.(interface{ Metadata() ([]byte, error) })
	if !ok || posts != (r.Method == http.MethodPost) {
		h.notFound(w)
		return
	}
	succeeded, err := h.options.Throttle.Admit(r.Context(), "", h.address(r))
	if err != nil {
		h.refuse(w, r, name, "", err)
		return
	}
	attempt := h.attempt(r, name)
	h.setAttempt(w, name, "", -1)
	if attempt == nil && !posts {
		h.refuse(w, r, name, "", fault.Unauthenticated("web.complete", "this sign-in was not begun in this browser, or it took too long: begin again").
			WithCode(signin.CodeAttempt))
		return
	}
	who, err := provider.Complete(r, attempt)
	if err != nil {
		h.refuse(w, r, name, "", err)
		return
	}
	back := returnTo("")
	if attempt != nil {
		back = attempt.ReturnTo
	}
	if h.admit(w, r, provider, who, back) {
		succeeded(r.Context())
	}
}

func (h *Handler) password(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("provider")
	provider, ok := h.providers[name].(signin.PasswordChecker)
	if !ok {
		h.notFound(w)
		return
	}
	login := strings.TrimSpace(r.PostFormValue("login"))
	succeeded, err := h.options.Throttle.Admit(r.Context(), name+" "+login, h.address(r))
	if err != nil {
		h.refuse(w, r, name, login, err)
		return
	}
	who, err := provider.Check(r.Context(), login, r.PostFormValue("password"))
	if err != nil {
		h.refuse(w, r, name, login, err)
		return
	}
	if h.admit(w, r, provider, who, returnTo(r.PostFormValue("return_to"))) {
		succeeded(r.Context())
	}
}

// admit begins a session for an identity, if the catalog knows it.
func (h *Handler) admit(w http.ResponseWriter, r *http.Request, provider signin.Provider, who signin.Identity, back string) bool {
	p, err := h.options.Resolver.Resolve(r.Context(), who, provider.Match())
	if err == nil {
		err = h.options.Identities.Remember(r.Context(), who, p, time.Now())
	}
	if err != nil {
		h.refuse(w, r, who.Provider, who.Login, err)
		return false
	}
	cookie, started, err := h.options.Sessions.Start(r.Context(), p, who.Provider, r.UserAgent(), h.address(r))
	if err == nil {
		err = h.record(r, audit.Event{
			Kind: audit.SignIn, Action: who.Provider, Outcome: audit.Done, Actor: p.Subject, CredentialID: "session:" + started.ID,
		})
	}
	if err != nil {
		h.refuse(w, r, who.Provider, who.Login, err)
		return false
	}
	h.setSession(w, cookie, time.Until(started.Ends))
	http.Redirect(w, r, back, http.StatusSeeOther)
	return true
}

func (h *Handler) setSession(w http.ResponseWriter, value string, life time.Duration) {
	age := int(life.Seconds())
	if age <= 0 {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: h.options.Cookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: h.options.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// refuse records and shows that a sign-in was refused. What the client is not to know is logged.
func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, provider, login string, err error) {
	outcome, status := audit.Refused, http.StatusUnauthorized
	if !fault.Is(err, fault.KindUnauthenticated) {
		outcome, status = audit.Failed, http.StatusServiceUnavailable
	}
	h.options.Logger.WarnContext(r.Context(), "a sign-in was refused", slog.String("provider", provider), slog.Any("error", err))
	event := audit.Event{Kind: audit.SignIn, Action: provider, Outcome: outcome, Code: fault.Code(err)}
	if login != "" {
		event.Facts = append(event.Facts, audit.Fact{Name: "login", Value: login, Person: "login:" + strings.ToLower(login)})
	}
	if recordErr := h.record(r, event); recordErr != nil {
		h.options.Logger.ErrorContext(r.Context(), "a refused sign-in could not be recorded", slog.Any("error", recordErr))
	}
	message, shown := fault.Message(err)
	if !shown || status == http.StatusServiceUnavailable {
		message = "signing in does not work at the moment: try again later"
	}
	if fault.Code(err) == throttle.Code {
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", "900")
	}
	h.pages.show(w, status, h.choices(strings.ToUpper(message[:1])+message[1:]+".", returnTo(r.PostFormValue("return_to"))))
}

func (h *Handler) record(r *http.Request, event audit.Event) error {
	event.Address = h.address(r)
	return h.options.Audit.Record(r.Context(), event)
}

func (h *Handler) address(r *http.Request) string { return auth.ClientAddress(r, h.options.Proxies...) }

func (h *Handler) notFound(w http.ResponseWriter) {
	h.pages.show(w, http.StatusNotFound, page{Title: "There is no such page", Again: true})
}

func (h *Handler) account(w http.ResponseWriter, r *http.Request) {
	cookie, err := r.Cookie(h.options.Cookie)
	if err != nil {
		http.Redirect(w, r, "/auth/sign-in", http.StatusSeeOther)
		return
	}
	p, err := h.options.Sessions.Find(r.Context(), cookie.Value)
	var all []session.Session
	if err == nil {
		all, err = h.options.Sessions.List(r.Context(), p.Subject)
	}
	switch {
	case fault.Is(err, fault.KindUnauthenticated):
		h.setSession(w, "", 0)
		http.Redirect(w, r, "/auth/sign-in", http.StatusSeeOther)
	case err != nil:
		h.pages.show(w, http.StatusServiceUnavailable, page{Title: "Your account", Problem: "This does not work at the moment: try again later."})
	default:
		h.pages.show(w, http.StatusOK, page{Title: "Your account", Who: p.Subject, Sessions: signedInAs(all, p.Session)})
	}
}

// signOut ends the session of the cookie, or, where the form says so, all sessions of its user.
func (h *Handler) signOut(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(h.options.Cookie); err == nil {
		err := h.end(r, cookie.Value, r.PostFormValue("everywhere") != "")
		if err != nil && !fault.Is(err, fault.KindUnauthenticated) && !fault.Is(err, fault.KindNotFound) {
			h.pages.show(w, http.StatusServiceUnavailable, page{Title: "You are still signed in", Problem: "Signing out does not work at the moment: try again later."})
			return
		}
	}
	h.setSession(w, "", 0)
	h.pages.show(w, http.StatusOK, page{Title: "You are signed out", Again: true})
}

func (h *Handler) end(r *http.Request, cookie string, everywhere bool) error {
	event := audit.Event{Kind: audit.SignIn, Action: "signOut", Outcome: audit.Done}
	if everywhere {
		p, err := h.options.Sessions.Find(r.Context(), cookie)
		if err != nil {
			return err
		}
		if _, err := h.options.Sessions.EndAll(r.Context(), p.Subject, ""); err != nil {
			return err
		}
		event.Action, event.Actor, event.CredentialID = "signOutEverywhere", p.Subject, session.Credential(p.Session)
		return h.record(r, event)
	}
	ended, err := h.options.Sessions.EndCookie(r.Context(), cookie)
	if err != nil {
		return err
	}
	event.Actor, event.CredentialID = ended.Subject, session.Credential(ended.ID)
	return h.record(r, event)
}

func (h *Handler) metadata(w http.ResponseWriter, r *http.Request) {
	provider, ok := h.providers[r.PathValue("provider")].(interface{ Metadata() ([]byte, error) })
	if !ok {
		h.notFound(w)
		return
	}
	document, err := provider.Metadata()
	if err != nil {
		http.Error(w, "unavailable", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = w.Write(document)
}
