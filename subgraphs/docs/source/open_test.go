package source_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/filereader"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/build"
	"devportal.internal/subgraphs/docs/source"
)

// web serves bodies by path.
func web(t *testing.T, bodies map[string]string) (source.Opener, string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := bodies[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	urls := urlreader.New(urlreader.Options{PrivateNetworks: true})
	t.Cleanup(urls.Close)
	return source.Opener{URLs: urls}, server.URL
}

func site(t *testing.T, opener source.Opener, from docs.Source) (docs.Built, error) {
	t.Helper()
	files, done, err := opener.Open(t.Context(), from)
	if err != nil {
		return docs.Built{}, err
	}
	defer done()
	return build.Site(t.Context(), files, build.Options{})
}

func TestASiteBehindAURLHasThePagesOfItsNav(t *testing.T) {
	t.Parallel()
	opener, base := web(t, map[string]string{
		"/shop/mkdocs.yml": "site_name: Shop\nnav: [index.md, a.md, gone.md]", "/shop/docs/index.md": "# Home", "/shop/docs/a.md": "A", "/secret.md": "SECRET",
	})
	built, err := site(t, opener, docs.Source{URL: base + "/shop/", Path: "."})
	if err != nil || built.Title != "Shop" || len(built.Pages) != 2 {
		t.Errorf("site %+v, error %v", built, err)
	}
	if _, err := site(t, opener, docs.Source{URL: base + "/nothing/", Path: "."}); err == nil {
		t.Error("a site of nothing is built")
	}
}

func tarball(t *testing.T, entries ...tar.Header) string {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	archive := tar.NewWriter(zipped)
	for _, entry := range entries {
		body := []byte("# " + entry.Name)
		if entry.Typeflag == tar.TypeReg {
			entry.Size = int64(len(body))
		}
		if err := archive.WriteHeader(&entry); err != nil {
			t.Fatal(err)
		}
		if entry.Typeflag == tar.TypeReg {
			if _, err := archive.Write(body); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(archive.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnArchiveIsASite(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	archive := zip.NewWriter(&zipped)
	for _, name := range []string{"docs/index.md", "../escape.md"} {
		w, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte("# " + name))
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	opener, base := web(t, map[string]string{
		"/a.tar.gz": tarball(t, tar.Header{Name: "shop-main/docs/index.md", Typeflag: tar.TypeReg}, tar.Header{Name: "shop-main/docs/b.md", Typeflag: tar.TypeReg},
			tar.Header{Name: "shop-main/docs/link.md", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}, tar.Header{Name: "../../escape.md", Typeflag: tar.TypeReg}),
		"/b.zip": zipped.String(), "/broken.tar.gz": "no archive", "/cut.tgz": tarball(t, tar.Header{Name: "docs/index.md", Typeflag: tar.TypeReg})[:40],
	})
	for name, pages := range map[string]int{"/a.tar.gz": 2, "/b.zip": 1} {
		built, err := site(t, opener, docs.Source{URL: base + name, Path: "."})
		if err != nil || len(built.Pages) != pages {
			t.Errorf("%s: pages %+v, error %v, want %d", name, built.Pages, err, pages)
		}
	}
	for _, name := range []string{"/broken.tar.gz", "/cut.tgz"} {
		_, err := site(t, opener, docs.Source{URL: base + name, Path: "."})
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != source.CodeArchiveInvalid {
			t.Errorf("%s: error %v, want %s", name, err, source.CodeArchiveInvalid)
		}
	}
}

func TestAnArchiveThatGrowsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	archive := tar.NewWriter(zipped)
	if err := archive.WriteHeader(&tar.Header{Name: "docs/index.md", Typeflag: tar.TypeReg, Size: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 194 {
		if _, err := archive.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	opener, base := web(t, map[string]string{"/bomb.tgz": out.String()})
	_, err = site(t, opener, docs.Source{URL: base + "/bomb.tgz", Path: "."})
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != source.CodeArchiveInvalid {
		t.Errorf("error %v, want %s", err, source.CodeArchiveInvalid)
	}
}

func TestAFolderIsReadBelowTheRootsAlone(t *testing.T) {
	t.Parallel()
	roots := t.TempDir()
	outside := t.TempDir()
	for _, folder := range []string{filepath.Join(roots, "shop", "docs"), filepath.Join(roots, "fraud"), outside} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "index.md"), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"up": roots, "beside": filepath.Join(roots, "fraud"), "out": outside} {
		if err := os.Symlink(target, filepath.Join(roots, "shop", link)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filereader.Open(filereader.Options{Roots: []string{roots}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	opener := source.Opener{Folders: files}
	if built, err := site(t, opener, docs.Source{Folder: filepath.Join(roots, "shop"), Path: "."}); err != nil || len(built.Pages) != 1 {
		t.Errorf("site %+v, error %v", built, err)
	}
	for _, from := range []docs.Source{
		{Folder: outside, Path: "."},
		{Folder: filepath.Join(roots, "shop"), Path: "../fraud"},
		{Folder: filepath.Join(roots, "shop"), Path: "up"},
		{Folder: filepath.Join(roots, "shop"), Path: "beside"},
		{Folder: filepath.Join(roots, "shop"), Path: "out"},
		{Folder: filepath.Join(roots, "none"), Path: "."},
	} {
		opened, done, err := opener.Open(t.Context(), from)
		if err == nil {
			names, _ := fs.Glob(opened, "*")
			done()
			t.Errorf("%+v is opened: %v", from, names)
		}
	}
}
