package source

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/urlreader"
	"devportal.internal/subgraphs/docs"
)

// Stable codes of the faults that this package makes.
const (
	CodeNotFound       = "DOCS_SOURCE_NOT_FOUND"
	CodeArchiveInvalid = "DOCS_ARCHIVE_INVALID"
)

// Folders opens folders on disk. filereader.Files is one.
type Folders interface {
	OpenDir(path string) (*os.Root, error)
}

// URLs reads URLs. urlreader.Client is one.
type URLs interface {
	Read(ctx context.Context, target string, condition urlreader.Condition) (*urlreader.Response, error)
}

// Opener opens sources.
type Opener struct {
	Folders Folders
	URLs    URLs
}

// Open opens a source. The caller calls close when it has read it.
func (o Opener) Open(ctx context.Context, source docs.Source) (files fs.FS, close func(), err error) {
	switch {
	case source.Folder != "":
		return o.openFolder(source)
	case source.IsArchive():
		files, err = o.openArchive(ctx, source)
		return files, func() {}, err
	default:
		return &remote{ctx: ctx, urls: o.URLs, base: source.URL, within: source.Path}, func() {}, nil
	}
}

// openFolder opens the location's folder, and the site's in it: no link leads out of the first.
func (o Opener) openFolder(source docs.Source) (fs.FS, func(), error) {
	home, err := o.Folders.OpenDir(source.Folder)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = home.Close() }()
	root, err := home.OpenRoot(source.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.NotFound("source.Open", "there is no folder %s", source.Path).WithCode(CodeNotFound).Because(err)
	}
	if err != nil {
		return nil, nil, fault.Invalid("source.Open", "the folder %s cannot be read", source.Path).WithCode(CodeNotFound).Because(err)
	}
	return root.FS(), func() { _ = root.Close() }, nil
}
