package build_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/build"
)

var options = build.Options{PageBase: "/docs/x/", AssetBase: "/docs-assets/x/"}

// files are a source, given as names and texts.
func files(pairs ...string) fstest.MapFS {
	source := fstest.MapFS{}
	for i := 0; i+1 < len(pairs); i += 2 {
		source[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return source
}

func site(t *testing.T, source fstest.MapFS) docs.Built {
	t.Helper()
	built, err := build.Site(t.Context(), source, options)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func paths(built docs.Built) []string {
	var all []string
	for _, page := range built.Pages {
		all = append(all, page.Path)
	}
	return all
}

func ptr[T any](value T) *T { return &value }

func TestASiteHasItsPagesInTheOrderOfNav(t *testing.T) {
	t.Parallel()
	built := site(t, files("mkdocs.yml", `
site_name: Shop
repo_url: https://git.example/shop
edit_uri: edit/main/docs/
nav: [{Guides: [{Refunds: guides/refunds.md}, guides/index.md]}, index.md, {Gone: gone.md}]
exclude_docs: drafts/
not_in_nav: /loose.md
`, "docs/index.md", "# Welcome\n\n[r](guides/refunds.md#how) ![i](img/a%20b.png) [x](../mkdocs.yml) [up](../../etc/passwd)",
		"docs/guides/refunds.md", "---\ntitle: Front\n---\nText [home](../index.md)", "docs/guides/index.md", "# All guides",
		"docs/loose.md", "loose", "docs/drafts/secret.md", "secret", "docs/.hidden.md", "hidden", "docs/img/a b.png", "png",
		"docs/evil.html", "<script>", "docs/techdocs_metadata.json", "{}"))
	if diff := cmp.Diff([]string{"guides/refunds", "guides", "", "loose"}, paths(built)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	nav := []docs.NavItem{
		{Title: "Guides"},
		{Title: "Refunds", Path: ptr("guides/refunds"), Parent: ptr(0), Level: 1},
		{Title: "All guides", Path: ptr("guides"), Parent: ptr(0), Level: 1},
		{Title: "Welcome", Path: ptr("")},
	}
	if diff := cmp.Diff(nav, built.Nav); diff != "" {
		t.Errorf("nav (-want +got):\n%s", diff)
	}
	home := built.Pages[2]
	if want := "<h1 id=\"welcome\">Welcome</h1>\n<p><a href=\"/docs/x/guides/refunds#how\">r</a> <img src=\"/docs-assets/x/img/a%20b.png\" alt=\"i\"> x up</p>\n"; home.HTML != want {
		t.Errorf("HTML %s, want %s", home.HTML, want)
	}
	if home.EditURL != "https://git.example/shop/edit/main/docs/index.md" || built.Pages[0].Title != "Front" {
		t.Errorf("edit %s, title %s", home.EditURL, built.Pages[0].Title)
	}
	if diff := cmp.Diff([]docs.Asset{{Path: "img/a b.png", Size: 3}}, built.Assets); diff != "" {
		t.Errorf("assets (-want +got):\n%s", diff)
	}
	for _, want := range []string{"evil.html is left out", "nav: gone.md is not there", "../../etc/passwd leads to nothing"} {
		if !strings.Contains(strings.Join(built.Warnings, "\n"), want) {
			t.Errorf("warnings %q lack %q", built.Warnings, want)
		}
	}
}

func TestAFolderOfMarkdownIsASite(t *testing.T) {
	t.Parallel()
	built := site(t, files("docs/b/one-two.md", "x", "docs/a.md", "# A", "docs/README.md", "# Read"))
	if diff := cmp.Diff([]string{"", "a", "b/one-two"}, paths(built)); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
	if built.Title != "Read" || built.Pages[2].Title != "One two" || len(built.Nav) != 4 {
		t.Errorf("title %s, pages %+v, nav %+v", built.Title, built.Pages, built.Nav)
	}
}

func TestSnippetsComeFromTheSiteAlone(t *testing.T) {
	t.Parallel()
	built := site(t, files("mkdocs.yml", "markdown_extensions: [{pymdownx.snippets: {base_path: [parts]}}]", "secret.md", "SECRET",
		"parts/a.md", "from a\n--8<-- \"b.md\"", "parts/b.md", "from b\n# --8<-- [start:s]\nsection\n# --8<-- [end:s]", "parts/loop.md", "--8<-- \"loop.md\"",
		"docs/index.md", "--8<-- \"a.md\"\n\n--8<-- \"b.md:s\"\n\n--8<-- \"../secret.md\"\n--8<-- \"/etc/passwd\"\n--8<-- \"loop.md\"\n\n;--8<-- \"a.md\"\n\n--8<--\nb.md\n--8<--\n"))
	text := built.Pages[0].Text
	if strings.Count(text, "from a") != 1 || strings.Count(text, "from b") != 2 || strings.Count(text, "section") != 3 || !strings.Contains(text, `--8<-- "a.md"`) {
		t.Errorf("text %q", text)
	}
	if strings.Contains(text, "SECRET") || strings.Contains(text, "root:") || len(built.Warnings) != 3 {
		t.Errorf("text %q, warnings %q", text, built.Warnings)
	}
}

func TestTheEtagFollowsWhatASiteIsMadeOf(t *testing.T) {
	t.Parallel()
	source := files("mkdocs.yml", "site_name: A", "docs/index.md", "--8<-- \"part.md\"", "part.md", "one", "docs/a.png", "1", "unrelated", "1")
	before := site(t, source).ETag
	for name, same := range map[string]bool{"unrelated": true, "part.md": false, "docs/a.png": false, "mkdocs.yml": false} {
		old := source[name]
		source[name] = &fstest.MapFile{Data: []byte("site_name: other")}
		if now := site(t, source).ETag; (now == before) != same {
			t.Errorf("%s: etag %s after %s, want the same: %t", name, now, before, same)
		}
		source[name] = old
	}
	if other, err := build.Site(t.Context(), source, build.Options{PageBase: "/docs/y/"}); err != nil || other.ETag == before {
		t.Errorf("under another name: etag %s, error %v", other.ETag, err)
	}
}

func TestLinksOutOfTheSourceLeadNowhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	secret := filepath.Join(folder, "secret.md")
	home := filepath.Join(folder, "home")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(home, "docs"), 0o700))
	must(os.WriteFile(secret, []byte("SECRET"), 0o600))
	must(os.WriteFile(filepath.Join(home, "docs", "index.md"), []byte("--8<-- \"link.md\"\n\n[x](linked.md) ![y](linked.png)"), 0o600))
	for _, link := range []string{"link.md", "docs/linked.md", "docs/linked.png"} {
		must(os.Symlink(secret, filepath.Join(home, link)))
	}
	must(os.Symlink(folder, filepath.Join(home, "docs", "up")))
	root, err := os.OpenRoot(home)
	must(err)
	defer func() { _ = root.Close() }()
	built, err := build.Site(t.Context(), root.FS(), options)
	must(err)
	if len(built.Pages) != 1 || len(built.Assets) != 0 || strings.Contains(built.Pages[0].HTML, "SECRET") {
		t.Errorf("pages %+v, assets %v", built.Pages, built.Assets)
	}
	must(os.Remove(filepath.Join(home, "docs", "index.md")))
	must(os.Symlink("/etc/passwd", filepath.Join(home, "mkdocs.yml")))
	if _, err := build.Site(t.Context(), root.FS(), options); err == nil {
		t.Error("a site with a mkdocs.yml outside is built")
	}
}

func TestSourcesWithoutASiteAreRefused(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]fstest.MapFS{
		build.CodeSourceUnreadable: files("README.md", "x"),
		build.CodeNoPages:          files("docs/a.txt", "x"),
		build.CodeSourceTooLarge:   files("mkdocs.yml", strings.Repeat("#\n", 1<<18), "docs/index.md", "x"),
		"DOCS_CONFIG_INVALID":      files("mkdocs.yml", "docs_dir: ..", "index.md", "x"),
	} {
		_, err := build.Site(t.Context(), source, options)
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.KindInvalid || f.Code != name {
			t.Errorf("error %v, want %s", err, name)
		}
	}
}

func TestImagesThatCouldDoMoreAreLeftOut(t *testing.T) {
	t.Parallel()
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">`
	source := files("docs/index.md", "x", "docs/good.svg", svg+`<style>a{fill:url(#g)}</style><rect width="1" fill="url(#g)"/><use href="#a"/></svg>`)
	for name, image := range map[string]string{
		"script": svg + `<script>alert(1)</script></svg>`, "event": svg + `<rect onload="alert(1)"/></svg>`,
		"foreign": svg + `<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject></svg>`,
		"link":    svg + `<use xlink:href="https://evil.example/x#y"/></svg>`, "href": svg + `<use href="data:x"/></svg>`,
		"style": svg + `<style>@import "//evil.example"</style></svg>`, "attribute": svg + `<rect style="fill:url(//evil.example)"/></svg>`,
		"entity": `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + svg + `&x;</svg>`,
		"sheet":  `<?xml-stylesheet href="javascript:alert(1)"?>` + svg + `</svg>`, "broken": svg + `<rect`,
		"html": svg + `<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script></svg>`, "set": svg + `<set attributeName="href" to="javascript:x"/></svg>`,
		"prefix": svg + `<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script></svg>`,
	} {
		source["docs/"+name+".svg"] = &fstest.MapFile{Data: []byte(image)}
	}
	built := site(t, source)
	if len(built.Assets) != 1 || built.Assets[0].Path != "good.svg" {
		t.Errorf("assets %v, warnings %q", built.Assets, built.Warnings)
	}
}
