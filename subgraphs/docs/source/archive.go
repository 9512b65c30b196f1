package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing/fstest"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/docs"
)

// Limits of an archive, unpacked.
const (
	maxEntries  = 20_000
	maxUnpacked = 192 << 20
)

// openArchive unpacks an archive into memory. The one folder that archives of repositories have at their top is the site's.
func (o Opener) openArchive(ctx context.Context, source docs.Source) (fs.FS, error) {
	response, err := o.URLs.Read(ctx, source.URL, urlreader.Condition{})
	if err != nil {
		return nil, err
	}
	u := &unpacking{files: fstest.MapFS{}}
	if bytes.HasPrefix(response.Body, []byte("PK")) {
		err = u.zip(response.Body)
	} else {
		err = u.tar(response.Body)
	}
	var own *fault.Error
	if err != nil && !errors.As(err, &own) {
		err = broken("the archive cannot be unpacked")
	}
	if err != nil {
		return nil, err
	}
	return fs.Sub(u.files, u.top())
}

// unpacking holds the regular files of an archive: links and what leads out of it are left out.
type unpacking struct {
	files   fstest.MapFS
	entries int
	size    int64
}

func (u *unpacking) tar(body []byte) error {
	unzipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return err
	}
	archive := tar.NewReader(unzipped)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := u.add(header.Name, header.Typeflag == tar.TypeReg, archive); err != nil {
			return err
		}
	}
}

func (u *unpacking) zip(body []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return err
	}
	for _, entry := range archive.File {
		content, err := entry.Open()
		if err != nil {
			return err
		}
		err = u.add(entry.Name, entry.Mode().IsRegular(), content)
		_ = content.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacking) add(name string, regular bool, content io.Reader) error {
	if u.entries++; u.entries > maxEntries {
		return broken("the archive has more than %d entries", maxEntries)
	}
	name = strings.TrimPrefix(name, "./")
	if !regular || !fs.ValidPath(name) {
		// What is skipped is unpacked by the reader of the archive all the same: it counts.
		skipped, err := io.Copy(io.Discard, io.LimitReader(content, maxUnpacked-u.size+1))
		return u.count(skipped, err)
	}
	body, err := io.ReadAll(io.LimitReader(content, maxUnpacked-u.size+1))
	u.files[name] = &fstest.MapFile{Data: body, Mode: 0o444}
	return u.count(int64(len(body)), err)
}

func (u *unpacking) count(size int64, err error) error {
	if u.size += size; u.size > maxUnpacked {
		return broken("the archive is larger than %d bytes, unpacked", maxUnpacked)
	}
	return err
}

// top is the one folder that everything lies in; "." when there is none.
func (u *unpacking) top() string {
	top := ""
	for name := range u.files {
		folder, _, ok := strings.Cut(name, "/")
		if !ok || (top != "" && top != folder) {
			return "."
		}
		top = folder
	}
	if top == "" || top == "docs" {
		return "."
	}
	return top
}

func broken(format string, args ...any) error {
	return fault.Invalid("source.Open", format, args...).WithCode(CodeArchiveInvalid)
}
