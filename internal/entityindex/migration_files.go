package entityindex

import (
	"io/fs"
	"slices"
	"strings"
	"time"
)

// WithMigration adds a file with [Migration] to the migrations of a schema: WithMigration(files, "00002_entity_index.sql",
// "docs"). The number in the name must be free.
func WithMigration(files fs.FS, name, schema string) fs.FS {
	return extended{FS: files, name: name, content: Migration(schema)}
}

// extended is a file system with one more file at its top.
type extended struct {
	fs.FS
	name, content string
}

// Open opens the additional file, or any other.
func (x extended) Open(name string) (fs.File, error) {
	if name == x.name {
		return &textFile{Reader: strings.NewReader(x.content), name: x.name}, nil
	}
	return x.FS.Open(name)
}

// ReadDir lists a folder; at the top, the additional file is among the others.
func (x extended) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(x.FS, name)
	if err != nil || name != "." {
		return entries, err
	}
	entries = append(entries, fs.FileInfoToDirEntry(textInfo{x.name, int64(len(x.content))}))
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// textFile is a file that is a text.
type textFile struct {
	*strings.Reader
	name string
}

func (f *textFile) Stat() (fs.FileInfo, error) { return textInfo{f.name, f.Size()}, nil }
func (f *textFile) Close() error               { return nil }

// textInfo describes a file that is a text.
type textInfo struct {
	name string
	size int64
}

func (i textInfo) Name() string       { return i.name }
func (i textInfo) Size() int64        { return i.size }
func (i textInfo) Mode() fs.FileMode  { return 0o444 }
func (i textInfo) ModTime() time.Time { return time.Time{} }
func (i textInfo) IsDir() bool        { return false }
func (i textInfo) Sys() any           { return nil }
