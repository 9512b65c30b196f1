package markdown_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/markdown"
)

var update = flag.Bool("update", false, "write what is made into testdata")

// resolve knows other.md and image.png.
func resolve(target string) (string, bool) {
	name, anchor, _ := strings.Cut(target, "#")
	switch name {
	case "other.md":
		return "/docs/other#" + anchor, true
	case "image.png":
		return "/docs-assets/image.png", true
	default:
		return "", false
	}
}

func TestExtensionsMakeWhatTheirArchivesSay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("archives %v, error %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document, err := markdown.New(markdown.Options{Permalinks: strings.Contains(file, "headings")}).Convert(archive.Files[0].Data, resolve)
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				archive.Files[1].Data = []byte(document.HTML)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), document.HTML); diff != "" {
				t.Errorf("HTML (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPageTellsItsTitleHeadingsAndWords(t *testing.T) {
	t.Parallel()
	source := "# The *outbox*\n\nEvents, `orders.v1`,\nin **or**der.\n\n## Next & last\n\n- a\n- b\n"
	document, err := markdown.New(markdown.Options{Permalinks: true}).Convert([]byte(source), resolve)
	if err != nil {
		t.Fatal(err)
	}
	document.HTML = ""
	want := markdown.Document{
		Title: "The outbox", Text: "The outbox Events, orders.v1, in order. Next & last a b",
		Headings: []docs.Heading{{Level: 1, Text: "The outbox", Anchor: "the-outbox"}, {Level: 2, Text: "Next & last", Anchor: "next-last"}},
	}
	if diff := cmp.Diff(want, document); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestCodeIsHighlightedByClasses(t *testing.T) {
	t.Parallel()
	document, err := markdown.New(markdown.Options{}).Convert([]byte("```go hl_lines=\"1\"\nfunc main() {}\n```\n"), resolve)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(document.HTML, `class="chroma"`) || !strings.Contains(document.HTML, `class="kd"`) || strings.Contains(document.HTML, "style") {
		t.Errorf("HTML %s, want classes of tokens and no style", document.HTML)
	}
}
