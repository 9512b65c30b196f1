package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"path"
	"time"

	"devportal.internal/internal/fault"
	"devportal.internal/internal/urlreader"
)

// remote is a folder behind a URL: its files can be read, not listed. A file is kept once it was read, so that looking at it
// and opening it cost one request.
type remote struct {
	ctx    context.Context //nolint:containedctx // fs.FS has no other way to end reads with the build that they are for
	urls   URLs
	base   string // ends with a slash
	within string
	name   string // of the last file read
	body   []byte
}

// Unlisted tells that the folder cannot be listed.
func (r *remote) Unlisted() bool { return true }

// Sub implements [fs.SubFS].
func (r *remote) Sub(dir string) (fs.FS, error) {
	if !fs.ValidPath(dir) {
		return nil, &fs.PathError{Op: "sub", Path: dir, Err: fs.ErrInvalid}
	}
	sub := *r
	sub.within, sub.name, sub.body = path.Join(r.within, dir), "", nil
	return &sub, nil
}

// Open implements [fs.FS].
func (r *remote) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if r.name != name || r.body == nil {
		body, err := r.read(name)
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		r.name, r.body = name, body
	}
	return &file{name: path.Base(name), size: int64(len(r.body)), Reader: bytes.NewReader(r.body)}, nil
}

func (r *remote) read(name string) ([]byte, error) {
	base, err := url.Parse(r.base)
	if err != nil {
		return nil, fs.ErrInvalid
	}
	base.Path, base.RawPath = path.Join(base.Path, r.within, name), ""
	response, err := r.urls.Read(r.ctx, base.String(), urlreader.Condition{})
	var f *fault.Error
	if errors.As(err, &f) && f.Kind == fault.KindNotFound {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	if response.Body == nil {
		return []byte{}, nil
	}
	return response.Body, nil
}

// file is a file in memory, and what is known of it.
type file struct {
	io.Reader
	name string
	size int64
}

// The methods of [fs.File] and [fs.FileInfo].
func (f *file) Stat() (fs.FileInfo, error) { return f, nil }
func (f *file) Close() error               { return nil }
func (f *file) Name() string               { return f.name }
func (f *file) Size() int64                { return f.size }
func (f *file) Mode() fs.FileMode          { return 0o444 }
func (f *file) ModTime() time.Time         { return time.Time{} }
func (f *file) IsDir() bool                { return false }
func (f *file) Sys() any                   { return nil }
