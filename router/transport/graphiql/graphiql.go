// Package graphiql holds the GraphiQL page with all that it needs, so that it works without a network and under a
// strict content security policy. The published builds in assets/ come from update.sh, with their licences; page.html,
// page.css and page.js are ours.
//
// Main invariant: the page loads nothing but its own assets, and runs no script that is not one of them.
package graphiql

import (
	"bytes"
	"compress/gzip"
	"embed"
	"html/template"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed assets
var assets embed.FS

// policy lets the page load from its own origin only. CodeMirror sets styles on elements, which needs 'unsafe-inline'
// for styles; the style sheet has its fonts inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const welcome = `# Write a query, mutation or subscription,
# then press the play button.
#
# The book shows what there is to ask for;
# Ctrl-Space completes what you type.
#
# To ask as somebody, put a token below:
# {"Authorization": "Bearer …"}

{
  __typename
}
`

// ServePage answers with the page. Its editor opens with document, or with a short explanation if that is "".
func ServePage(w http.ResponseWriter, r *http.Request, document string) {
	if document == "" {
		document = welcome
	}
	page, err := template.ParseFS(assets, "assets/page.html")
	if err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	var body bytes.Buffer
	if err := page.Execute(&body, document); err != nil {
		http.Error(w, "the page is broken", http.StatusInternalServerError)
		return
	}
	protect(w.Header())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	_, _ = w.Write(body.Bytes())
}

func protect(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
}

// ServeAsset answers with one file of the page.
func ServeAsset(w http.ResponseWriter, r *http.Request, name string) {
	if strings.ContainsAny(name, `/\`) || name == "page.html" {
		http.NotFound(w, r)
		return
	}
	protect(w.Header())
	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	w.Header().Set("Cache-Control", "public, max-age=3600")
	if own, err := assets.ReadFile("assets/" + name); err == nil && !strings.HasSuffix(name, ".gz") {
		w.Header().Set("Content-Length", strconv.Itoa(len(own)))
		_, _ = w.Write(own)
		return
	}
	packed, err := assets.ReadFile("assets/" + name + ".gz")
	if err != nil {
		http.NotFound(w, r)
		return
	}
	servePacked(w, r, packed)
}

// servePacked sends what is stored compressed as it is, or unpacked to the rare client that does not want it so.
func servePacked(w http.ResponseWriter, r *http.Request, packed []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(packed)))
		_, _ = w.Write(packed)
		return
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	_, _ = io.Copy(w, unpacked)
}
