package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/mkdocs"
)

// Sources are the files that a site is made of, read once.
type Sources struct {
	// ETag is a hash of all of them.
	ETag     string
	opts     Options
	folder   fs.FS
	config   mkdocs.Config
	pages    map[string]string     // Markdown with its snippets, by file
	assets   map[string]docs.Asset // by file
	warnings warnings
}

// Read reads the sources of a site.
//
//  1. mkdocs.yml says where the pages are.
//  2. Every file there that is not excluded is a page or an asset, or is left out.
//  3. Snippets are put into the pages.
//  4. The etag is the hash of it all.
func Read(ctx context.Context, source fs.FS, opts Options) (*Sources, error) {
	s := &Sources{opts: opts, pages: map[string]string{}, assets: map[string]docs.Asset{}}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n%s\n", version, opts.PageBase, opts.AssetBase)
	if err := s.readConfig(source, sum); err != nil {
		return nil, err
	}
	folder, err := fs.Sub(source, s.config.DocsDir)
	if err != nil {
		return nil, invalid(CodeSourceUnreadable, "docs_dir is no folder").Because(err)
	}
	s.folder = folder
	names, err := s.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	if err := s.readFiles(ctx, source, folder, names, sum); err != nil {
		return nil, err
	}
	if len(s.pages) == 0 {
		return nil, invalid(CodeNoPages, "there is no page in %s", s.config.DocsDir)
	}
	s.ETag = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

func (s *Sources) readConfig(source fs.FS, sum hash.Hash) error {
	for _, name := range []string{"mkdocs.yml", "mkdocs.yaml"} {
		text, err := readRegular(source, name, mkdocs.MaxBytes)
		if isNotThere(err) {
			continue
		}
		if err != nil {
			return err
		}
		s.config, err = mkdocs.Parse(text)
		_, _ = sum.Write(text)
		s.warnings.add(s.config.Warnings...)
		return err
	}
	// A folder of Markdown is a site too.
	s.config, _ = mkdocs.Parse(nil)
	return nil
}

// list gives the files of the site. A source that cannot be listed, one behind a URL, has those that nav names.
func (s *Sources) list(ctx context.Context, folder fs.FS) ([]string, error) {
	if unlisted, ok := folder.(interface{ Unlisted() bool }); ok && unlisted.Unlisted() {
		return navFiles(s.config.Nav), nil
	}
	var names []string
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return invalid(CodeSourceUnreadable, "there is no folder %s", s.config.DocsDir).Because(err)
		case err != nil:
			s.warnings.add(name + " cannot be read")
			return nil
		case name != "." && strings.HasPrefix(path.Base(name), "."), entry.IsDir() && strings.Count(name, "/") > maxDepth:
			return skip(entry)
		case !entry.Type().IsRegular() || s.config.Excluded.Match(name):
			return nil
		case len(names) == maxFiles:
			return invalid(CodeSourceTooLarge, "the site has more than %d files", maxFiles)
		}
		names = append(names, name)
		return ctx.Err()
	})
	return names, err
}

func skip(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

func navFiles(entries []mkdocs.Entry) []string {
	names := map[string]bool{"index.md": true}
	var collect func(entries []mkdocs.Entry)
	collect = func(entries []mkdocs.Entry) {
		for _, entry := range entries {
			if entry.File != "" {
				names[entry.File] = true
			}
			collect(entry.Children)
		}
	}
	collect(entries)
	return slices.Sorted(maps.Keys(names))
}

func (s *Sources) readFiles(ctx context.Context, source, folder fs.FS, names []string, sum hash.Hash) error {
	snippets := &snippets{source: source, folders: s.config.SnippetPaths}
	var text, assets int64
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !isMarkdown(name) {
			assets += s.readAsset(folder, name, sum)
		} else if !s.isOnlySnippet(name) {
			text += s.readPage(folder, name, snippets, sum)
		}
		if len(s.pages) > MaxPages || text > maxSourceText || assets > maxAssets {
			return invalid(CodeSourceTooLarge, "the site has more than %d pages, %d bytes of text or %d bytes of other files",
				MaxPages, maxSourceText, maxAssets)
		}
	}
	return nil
}

func isMarkdown(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown", ".mdown", ".mkd":
		return true
	default:
		return false
	}
}

// isOnlySnippet reports whether a file is there to be put into pages: one that the table of contents leaves out on
// purpose, in a folder for snippets.
func (s *Sources) isOnlySnippet(name string) bool {
	full := path.Join(s.config.DocsDir, name)
	for _, folder := range s.config.SnippetPaths {
		if folder != "." && folder != s.config.DocsDir && strings.HasPrefix(full, folder+"/") {
			return s.config.NotInNav.Match(name)
		}
	}
	return false
}

// readPage reads a page, and gives its size.
func (s *Sources) readPage(folder fs.FS, name string, snippets *snippets, sum hash.Hash) int64 {
	text, err := readRegular(folder, name, maxPage)
	if err != nil {
		s.warnings.add(name + ": " + messageOf(err))
		return 0
	}
	expanded, missing := snippets.expand(string(text))
	for _, one := range missing {
		s.warnings.add(name + ": " + one)
	}
	fmt.Fprintf(sum, "page %q %d\n%s", name, len(expanded), expanded)
	s.pages[name] = expanded
	return int64(len(expanded))
}

// readAsset looks at an asset, and gives its size.
func (s *Sources) readAsset(folder fs.FS, name string, sum hash.Hash) int64 {
	if !isServed(name) || name == docs.MetadataFile {
		if isActive(name) {
			s.warnings.add(name + " is left out: only images, data and documents are served")
		}
		return 0
	}
	body, err := readRegular(folder, name, maxAsset)
	if err == nil && isSVG(name) {
		err = checkSVG(body)
	}
	if err != nil {
		s.warnings.add(name + ": " + messageOf(err))
		return 0
	}
	digest := sha256.Sum256(body)
	fmt.Fprintf(sum, "asset %q %x\n", name, digest)
	s.assets[name] = docs.Asset{Path: name, Size: int64(len(body))}
	return int64(len(body))
}

// Asset reads an asset again, as it is checked and bounded when it is listed.
func (s *Sources) Asset(asset docs.Asset) ([]byte, error) {
	body, err := readRegular(s.folder, asset.Path, maxAsset)
	if err == nil && isSVG(asset.Path) {
		err = checkSVG(body)
	}
	return body, err
}
