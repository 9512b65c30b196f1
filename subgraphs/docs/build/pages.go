package build

import (
	"bytes"
	"context"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/markdown"
)

// maxTitle bounds titles, in bytes.
const maxTitle = 300

// Build makes the site.
//
//  1. The order of pages is that of nav; what it does not name comes after.
//  2. Each page is converted; one that cannot be is left out, with a warning.
//  3. The table of contents takes its titles from nav, else from the pages.
func (s *Sources) Build(ctx context.Context) (docs.Built, error) {
	w := &work{Sources: s, converter: markdown.New(markdown.Options{Permalinks: s.config.Permalinks}), titles: map[string]string{}}
	w.warnings.all = slices.Clone(s.warnings.all)
	nav, order := s.contents(&w.warnings)
	built := docs.Built{Title: s.config.SiteName, Description: s.config.SiteDescription, ETag: s.ETag}
	for _, name := range order {
		if err := ctx.Err(); err != nil {
			return docs.Built{}, err
		}
		if page, ok := w.convert(name); ok {
			built.Pages = append(built.Pages, page)
		}
	}
	if len(built.Pages) == 0 {
		return docs.Built{}, invalid(CodeNoPages, "no page can be built")
	}
	if built.Title == "" {
		built.Title = built.Pages[0].Title
	}
	built.Nav, built.Assets = w.navigation(nav), w.assetList()
	built.Title, built.Description = short(built.Title), short(built.Description)
	built.Warnings = w.warnings.all
	return built, nil
}

// work is one building of a site.
type work struct {
	*Sources
	converter *markdown.Converter
	titles    map[string]string // of the pages that were built, by file
	warnings  warnings
}

func (w *work) convert(name string) (docs.Page, bool) {
	text, front := splitFrontMatter(w.pages[name])
	document, err := w.converter.Convert([]byte(text), func(target string) (string, bool) { return w.resolve(name, target) })
	if err != nil {
		w.warnings.add(name + " is left out: " + messageOf(err))
		return docs.Page{}, false
	}
	title := short(firstOf(front, document.Title, titleOf(name)))
	w.titles[name] = title
	return docs.Page{
		Path: pathOf(name), Title: title, HTML: document.HTML, Headings: document.Headings, Text: document.Text, EditURL: w.editURL(name),
	}, true
}

// resolve gives the URL that a relative link of a page leads to. One to nowhere is told and dropped.
func (w *work) resolve(from, target string) (string, bool) {
	u, err := url.Parse(target)
	if err != nil {
		return "", false
	}
	name := path.Join(path.Dir(from), u.Path)
	anchor := ""
	if u.Fragment != "" {
		anchor = "#" + u.EscapedFragment()
	}
	if _, ok := w.assets[name]; ok {
		return w.opts.AssetBase + escaped(name) + anchor, true
	}
	for _, candidate := range []string{name, name + ".md", path.Join(name, "index.md"), strings.TrimSuffix(name, ".html") + ".md"} {
		if _, ok := w.pages[candidate]; ok {
			return w.opts.PageBase + escaped(pathOf(candidate)) + anchor, true
		}
	}
	w.warnings.add(from + ": " + short(target) + " leads to nothing in the site")
	return "", false
}

func escaped(name string) string { return (&url.URL{Path: name}).EscapedPath() }

// editURL is where a page can be edited: edit_uri below repo_url, as MkDocs puts them together.
func (w *work) editURL(name string) string {
	edit := w.config.EditURI
	if w.config.RepoURL == "" || edit == "" {
		return ""
	}
	base, err := url.Parse(strings.TrimSuffix(w.config.RepoURL, "/") + "/" + strings.TrimPrefix(edit, "/"))
	if strings.Contains(edit, "://") {
		base, err = url.Parse(edit)
	}
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" || base.User != nil {
		return ""
	}
	return strings.TrimSuffix(base.String(), "/") + "/" + escaped(name)
}

func (w *work) assetList() []docs.Asset {
	var all []docs.Asset
	for _, name := range slices.Sorted(maps.Keys(w.assets)) {
		all = append(all, w.assets[name])
	}
	return all
}

// pathOf is the path of the page that a file makes.
func pathOf(name string) string {
	name = strings.TrimSuffix(name, path.Ext(name))
	if base := path.Base(name); base == "index" || base == "README" {
		name = strings.TrimSuffix(strings.TrimSuffix(name, base), "/")
	}
	return name
}

// titleOf makes a title of the name of a file.
func titleOf(name string) string {
	base := path.Base(strings.TrimSuffix(name, path.Ext(name)))
	if base == "index" || base == "README" {
		base = path.Base(path.Dir(name))
	}
	if base == "." {
		return "Home"
	}
	words := strings.Join(strings.FieldsFunc(base, func(r rune) bool { return r == '-' || r == '_' }), " ")
	if words == "" {
		return base
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// splitFrontMatter takes the YAML off that a page may begin with, and gives the title in it.
func splitFrontMatter(text string) (page, title string) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(text, "\uFEFF"), "---\n")
	if !ok {
		return text, ""
	}
	matter, page, ok := strings.Cut(rest, "\n---\n")
	if !ok || len(matter) > 16<<10 || bytes.ContainsAny([]byte(matter), "&*") {
		return text, ""
	}
	var fields struct {
		Title string `yaml:"title"`
	}
	if yaml.Unmarshal([]byte(matter), &fields) != nil {
		return page, ""
	}
	return page, fields.Title
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			return text
		}
	}
	return ""
}

// short is a text on one line, without what no title holds, of bounded length.
func short(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")), " ")
	if len(text) > maxTitle {
		text = strings.ToValidUTF8(text[:maxTitle], "") + "…"
	}
	return text
}
