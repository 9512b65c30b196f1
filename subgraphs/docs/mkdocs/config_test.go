package mkdocs_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs/mkdocs"
)

func TestASiteIsReadAsItsAuthorsWroteIt(t *testing.T) {
	t.Parallel()
	config, err := mkdocs.Parse([]byte(`
site_name: &name Checkout
site_description: What it does
repo_url: https://git.example/checkout
edit_uri: edit/main/docs/
docs_dir: ./documentation
nav:
  - index.md
  - Guides:
      - Refunds: guides/refunds.md
      - guides/vouchers.md
  - Elsewhere: https://example.com
  - Escape: ../../etc/passwd
exclude_docs: |
  drafts/
  !drafts/good.md
markdown_extensions:
  - toc: {permalink: true}
  - pymdownx.snippets: {base_path: [docs/snippets, /etc]}
  - pymdownx.emoji: {emoji_index: !!python/name:materialx.emoji.twemoji , generator: !!python/object/apply:os.system ["touch /tmp/owned"]}
extra: {name: *name, token: !ENV [SECRET, none]}
`))
	if err != nil {
		t.Fatal(err)
	}
	nav := []mkdocs.Entry{{File: "index.md"}, {Title: "Guides", Children: []mkdocs.Entry{
		{Title: "Refunds", File: "guides/refunds.md"}, {File: "guides/vouchers.md"},
	}}}
	if diff := cmp.Diff(nav, config.Nav); diff != "" {
		t.Errorf("nav (-want +got):\n%s", diff)
	}
	if config.SiteName != "Checkout" || config.DocsDir != "documentation" || !config.Permalinks {
		t.Errorf("config %+v", config)
	}
	if diff := cmp.Diff([]string{"docs/snippets"}, config.SnippetPaths); diff != "" {
		t.Errorf("snippet paths (-want +got):\n%s", diff)
	}
	if len(config.Warnings) != 3 {
		t.Errorf("warnings %q, want those of the link, the escape and the folder of snippets", config.Warnings)
	}
	for name, want := range map[string]bool{"drafts/a.md": true, "x/drafts/a.md": true, "drafts/good.md": false, "index.md": false} {
		if got := config.Excluded.Match(name); got != want {
			t.Errorf("%s excluded: %t, want %t", name, got, want)
		}
	}
}

func TestHostileSettingsAreRefused(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for _, level := range []string{"b a", "c b", "d c", "e d", "f e", "g f", "h g"} {
		name, below, _ := strings.Cut(level, " ")
		bomb += name + ": &" + name + " [" + strings.Repeat("*"+below+",", 9) + "]\n"
	}
	for name, text := range map[string]string{
		"an alias bomb":            bomb,
		"an alias to itself":       "a: &a [*a]",
		"deep nesting":             "nav: " + strings.Repeat("[", 200) + strings.Repeat("]", 200),
		"deep groups":              "nav: [" + strings.Repeat("{a: [", 20) + strings.Repeat("]}", 20) + "]",
		"docs_dir above":           "docs_dir: ../secrets",
		"docs_dir elsewhere":       "docs_dir: /etc",
		"no YAML":                  "a: [",
		"nav that is no list":      "nav: {a: b}",
		"too large":                strings.Repeat("# x\n", mkdocs.MaxBytes),
		"a title that is a list":   "site_name: [a]",
		"an entry that is a list":  "nav: [[a]]",
		"more entries than it may": "nav: [" + strings.Repeat("a.md,", 6000) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mkdocs.Parse([]byte(text))
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != fault.KindInvalid || f.Code != mkdocs.CodeConfigInvalid {
				t.Errorf("error %v, want %s", err, mkdocs.CodeConfigInvalid)
			}
		})
	}
}
