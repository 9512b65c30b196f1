package server

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"devportal.internal/graph/authorize"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/build"
	"devportal.internal/subgraphs/docs/postgres"
	"devportal.internal/subgraphs/docs/resolver"
)

// AssetsPath is where [Server.AssetsHandler] belongs on the main listener: pages link to assets there.
const AssetsPath = "/docs-assets/"

// assetPolicy lets a browser look at a file and do nothing else with it, even when it is opened by itself.
const assetPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

// assets serves files of sites to those who may read the sites. What one may not see is not there.
type assets struct {
	store  *postgres.Store
	gate   authorize.Gate
	bucket *blob.Bucket
	logger *slog.Logger
}

// ServeHTTP implements [http.Handler].
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", assetPolicy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "private, no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		answer(w, http.StatusMethodNotAllowed)
		return
	}
	folder, name, ok := splitAsset(r.URL.Path)
	if !ok {
		answer(w, http.StatusNotFound)
		return
	}
	switch visible, err := a.visible(r, folder); {
	case fault.KindOf(err) == fault.KindUnauthenticated && err != nil:
		answer(w, http.StatusUnauthorized)
	case fault.KindOf(err) == fault.KindForbidden && err != nil, err == nil && !visible:
		answer(w, http.StatusNotFound)
	case err != nil:
		a.fail(w, r, err)
	default:
		a.send(w, r, folder+"/"+name)
	}
}

// splitAsset takes a path apart: the folder of a site, and the file in it. One that is not in its plain form is none.
func splitAsset(urlPath string) (folder, name string, ok bool) {
	rest, ok := strings.CutPrefix(urlPath, AssetsPath)
	parts := strings.SplitN(rest, "/", 4)
	if !ok || len(parts) != 4 || path.Clean("/"+rest) != "/"+rest || strings.ContainsAny(rest, "\\\x00") {
		return "", "", false
	}
	_, served := build.ContentType(rest)
	return strings.Join(parts[:3], "/"), parts[3], served && parts[3] != docs.MetadataFile
}

func (a *assets) visible(r *http.Request, folder string) (bool, error) {
	access, err := resolver.Access(r.Context(), a.gate)
	if err != nil {
		return false, err
	}
	return a.store.FolderVisible(r.Context(), folder, access)
}

func (a *assets) send(w http.ResponseWriter, r *http.Request, key string) {
	content, err := a.bucket.NewReader(r.Context(), key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		answer(w, http.StatusNotFound)
		return
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer func() { _ = content.Close() }()
	kind, _ := build.ContentType(key)
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Length", strconv.FormatInt(content.Size(), 10))
	if !strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "video/") {
		header.Set("Content-Disposition", "attachment")
	}
	if r.Method == http.MethodHead {
		return
	}
	if _, err := io.Copy(w, content); err != nil && !errors.Is(err, r.Context().Err()) {
		a.logger.DebugContext(r.Context(), "an asset was not sent to its end", slog.Any("error", err))
	}
}

func (a *assets) fail(w http.ResponseWriter, r *http.Request, err error) {
	a.logger.ErrorContext(r.Context(), "an asset cannot be served", slog.Any("error", err))
	answer(w, http.StatusServiceUnavailable)
}

func answer(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
