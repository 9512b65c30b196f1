package persisted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// maxListBytes is how much text a list is read from.
const maxListBytes = 64 << 20

// Source is where registered documents come from: a folder (of .graphql and .gql files, and of .json manifests, folders
// within it included) or one such file.
type Source struct {
	Path string

	seen string // what the files looked like when they were last read
}

// Read reads the list.
func (s *Source) Read() (*List, error) {
	list := NewList()
	left := int64(maxListBytes)
	seen, err := s.each(func(root *os.Root, name string) error {
		text, err := readBounded(root, name, &left)
		if err == nil {
			err = list.addFile(name, text)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading registered operations from %s: %w", s.Path, err)
	}
	s.seen = seen
	return list, nil
}

// Watch looks at the files again and again until ctx ends, and gives take the list when they have changed. A list that
// cannot be read is logged, and the last one stays.
func (s *Source) Watch(ctx context.Context, every time.Duration, take func(*List), logger *slog.Logger) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		seen, err := s.each(func(*os.Root, string) error { return nil })
		if err == nil && seen == s.seen {
			continue
		}
		list, err := s.Read()
		if err != nil {
			logger.WarnContext(ctx, "registered operations were not taken", "error", err.Error())
			continue
		}
		take(list)
		logger.InfoContext(ctx, "registered operations were taken", "ids", list.Len())
	}
}

// each visits the files in the order of their names, and returns what they look like from outside.
func (s *Source) each(visit func(root *os.Root, name string) error) (string, error) {
	info, err := os.Stat(s.Path)
	if err != nil {
		return "", bare(err)
	}
	folder, start := s.Path, "."
	if !info.IsDir() {
		folder, start = filepath.Dir(s.Path), filepath.Base(s.Path)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", bare(err)
	}
	defer func() { _ = root.Close() }()
	look := sha256.New()
	err = fs.WalkDir(root.FS(), start, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return bare(err)
		case entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && name != ".":
			return fs.SkipDir
		case entry.IsDir() || !holdsDocuments(name):
			return nil
		}
		file, err := root.Stat(name)
		if err != nil {
			return bare(err)
		}
		_, _ = fmt.Fprintln(look, name, file.Size(), file.ModTime().UnixNano())
		return visit(root, name)
	})
	return hex.EncodeToString(look.Sum(nil)), err
}

// bare leaves the path out of an error: who reports it names it already.
func bare(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func holdsDocuments(name string) bool {
	switch path.Ext(filepath.ToSlash(name)) {
	case ".graphql", ".gql", ".json":
		return true
	}
	return false
}

func readBounded(root *os.Root, name string, left *int64) ([]byte, error) {
	file, err := root.Open(name)
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, *left+1))
	if err != nil {
		return nil, bare(err)
	}
	if *left -= int64(len(text)); *left < 0 {
		return nil, fmt.Errorf("the files hold more than %d bytes together", maxListBytes)
	}
	return text, nil
}

func (l *List) addFile(name string, text []byte) error {
	if path.Ext(filepath.ToSlash(name)) == ".json" {
		return l.addManifest(text)
	}
	return l.addText(text)
}
