package postgres

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of what an archive may unpack to; the release is about 90 MB in 1,600 files.
const (
	maxUnpackedBytes = 1 << 30
	maxUnpackedFiles = 20_000
)

// linksFile lists the links between libraries, which the archive's format cannot carry.
const linksFile = "pg-symlinks.json"

// unpack writes what lies under package/native/ in the archive into a new folder, and makes the links that the
// package lists. Nothing is written outside the folder.
func unpack(archive, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := extract(archive, root); err != nil {
		return err
	}
	return makeLinks(root)
}

func extract(archive string, root *os.Root) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	reader := tar.NewReader(io.LimitReader(unzipped, maxUnpackedBytes))
	for range maxUnpackedFiles {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := extractFile(root, header, reader); err != nil {
			return err
		}
	}
	return errors.New("too many files in the archive")
}

func extractFile(root *os.Root, header *tar.Header, content io.Reader) error {
	name, inside := strings.CutPrefix(path.Clean(header.Name), "package/native/")
	if !inside || header.Typeflag != tar.TypeReg {
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if strings.HasPrefix(name, "bin/") {
		mode = 0o755
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}

func makeLinks(root *os.Root) error {
	text, err := root.ReadFile(linksFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("read %s: %w", linksFile, err)
	}
	for _, link := range links {
		if err := makeLink(root, link.Source, link.Target); err != nil {
			return err
		}
	}
	return nil
}

// makeLink links a library's short name to its full one. Both lie in the unpacked folder: the root refuses others.
func makeLink(root *os.Root, source, target string) error {
	source, target = strings.TrimPrefix(source, "native/"), strings.TrimPrefix(target, "native/")
	if _, err := root.Stat(source); err != nil {
		return fmt.Errorf("link %s: %w", target, err)
	}
	relative, err := filepath.Rel(filepath.Dir(target), source)
	if err != nil {
		return err
	}
	return root.Symlink(relative, target)
}
