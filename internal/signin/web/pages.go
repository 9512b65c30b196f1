package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"

	"devportal.internal/internal/signin/session"
)

const style = `body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#172b4d}
main{max-width:24rem;margin:10vh auto;background:#fff;padding:2rem;border:1px solid #dfe1e6;border-radius:8px}
h1{font-size:1.4rem;margin-top:0}form{margin:1rem 0}label{display:block;margin:.6rem 0}
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #7a869a;border-radius:4px}
button,a.button{font:inherit;display:block;width:100%;box-sizing:border-box;text-align:center;padding:.6rem;margin:.6rem 0;
border:0;border-radius:4px;background:#0052cc;color:#fff;text-decoration:none;cursor:pointer}
.problem{background:#ffebe6;border-left:4px solid #bf2600;padding:.6rem}
li{margin:.6rem 0;overflow-wrap:anywhere}`

const layout = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title><style>` + style + `</style></head>
<body><main><h1>{{.Title}}</h1>
{{if .Problem}}<p class="problem" role="alert">{{.Problem}}</p>{{end}}
{{if .Who}}<p>You are signed in as <strong>{{.Who}}</strong>.</p>
<form method="post" action="/auth/sign-out"><button>Sign out</button></form>{{end}}
{{if .Sessions}}<h2>Where you are signed in</h2>
<ul>{{range .Sessions}}<li>{{if .Current}}<strong>Here</strong>, {{end}}with {{.Provider}}{{with .Address}} from {{.}}{{end}}, since {{.Started}}, last used {{.LastUsed}}{{with .UserAgent}}:<br>{{.}}{{end}}</li>
{{end}}</ul>
<form method="post" action="/auth/sign-out"><input type="hidden" name="everywhere" value="yes"><button>Sign out everywhere</button></form>{{end}}
{{range .Links}}<a class="button" href="/auth/{{.Name}}/start?return_to={{$.ReturnTo}}">{{.Title}}</a>
{{end}}{{range .Forms}}<form method="post" action="/auth/{{.Name}}/password">
<h2>{{.Title}}</h2>
<input type="hidden" name="return_to" value="{{$.ReturnTo}}">
<label>Login <input name="login" autocomplete="username" required maxlength="256"></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required maxlength="1024"></label>
<button>Sign in</button></form>
{{end}}{{if .Again}}<p><a href="/auth/sign-in">Sign in</a></p>{{end}}
</main></body></html>
`

// page is what a page shows.
type page struct {
	Title, Problem, Who, ReturnTo string
	Links, Forms                  []choice
	Sessions                      []signedIn
	Again                         bool
}

// signedIn is one session on the page of an account.
type signedIn struct {
	Provider, Address, UserAgent, Started, LastUsed string
	Current                                         bool
}

// signedInAs shows the sessions of somebody, one of which is the current one.
func signedInAs(all []session.Session, current string) (rows []signedIn) {
	const minute = "2006-01-02 15:04 MST"
	for _, one := range all {
		rows = append(rows, signedIn{
			Provider: one.Provider, Address: one.Address, UserAgent: one.UserAgent, Current: one.ID == current,
			Started: one.Started.UTC().Format(minute), LastUsed: one.LastUsed.UTC().Format(minute),
		})
	}
	return rows
}

// choice is one provider on the page.
type choice struct{ Name, Title string }

// pages shows pages.
type pages struct {
	layout *template.Template
	policy string
}

func newPages() *pages {
	sum := sha256.Sum256([]byte(style))
	return &pages{
		layout: template.Must(template.New("page").Parse(layout)),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	}
}

// show writes a page. Nobody may keep, frame or guess at it.
func (p *pages) show(w http.ResponseWriter, status int, content page) {
	var out bytes.Buffer
	if err := p.layout.Execute(&out, content); err != nil {
		panic("web: the layout fits every page: " + err.Error())
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", p.policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes())
}
