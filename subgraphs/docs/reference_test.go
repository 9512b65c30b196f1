package docs_test

import (
	"errors"
	"testing"

	"devportal.internal/graph/graphtest"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
)

func TestAReferenceLeadsToASource(t *testing.T) {
	t.Parallel()
	const file, url = "file:/srv/shop/catalog-info.yaml", "url:https://git.example/shop/catalog-info.yaml"
	for name, c := range map[string]struct {
		ref, managedBy, source string
		want                   docs.Source
	}{
		"the entity's folder":               {"dir:.", file, "", docs.Source{Folder: "/srv/shop", Path: "."}},
		"a folder below":                    {"dir:./docs/site", file, "", docs.Source{Folder: "/srv/shop", Path: "docs/site"}},
		"a folder without a kind":           {"docs", file, "", docs.Source{Folder: "/srv/shop", Path: "docs"}},
		"a folder from the top":             {"dir:/docs", file, "", docs.Source{Folder: "/srv/shop", Path: "docs"}},
		"a source location below":           {"dir:.", file, "file:/srv/shop/code/", docs.Source{Folder: "/srv/shop/code", Path: "."}},
		"a source location elsewhere":       {"dir:.", file, "file:/srv/fraud/", docs.Source{Folder: "/srv/shop", Path: "."}},
		"a source location above":           {"dir:.", file, "dir:/srv", docs.Source{Folder: "/srv/shop", Path: "."}},
		"the URL of code beside a file":     {"dir:.", file, "url:https://git.example/shop/", docs.Source{Folder: "/srv/shop", Path: "."}},
		"a folder beside a URL":             {"dir:docs", url, "", docs.Source{URL: "https://git.example/shop/", Path: "docs"}},
		"files for what came from a URL":    {"dir:.", url, "file:/srv/fraud/", docs.Source{URL: "https://git.example/shop/", Path: "."}},
		"a URL of a folder":                 {"url:https://git.example/docs", file, "", docs.Source{URL: "https://git.example/docs/", Path: "."}},
		"a URL of an archive":               {"url:https://git.example/docs.tar.gz", file, "", docs.Source{URL: "https://git.example/docs.tar.gz", Path: "."}},
		"a folder that goes up and back in": {"dir:./a/../b", file, "", docs.Source{Folder: "/srv/shop", Path: "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entity := graphtest.Component("x", docs.AnnotationRef, c.ref, docs.AnnotationManagedBy, c.managedBy, docs.AnnotationSourceLocation, c.source)
			if got, err := docs.SourceOf(entity); err != nil || got != c.want {
				t.Errorf("source %+v, error %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestAReferenceThatLeadsOutIsRefused(t *testing.T) {
	t.Parallel()
	const file = "file:/srv/shop/catalog-info.yaml"
	for _, c := range [][2]string{
		{"dir:..", file},
		{"dir:../fraud", file},
		{"dir:a/../../fraud", file},
		{"dir:/../fraud", file},
		{`dir:..\fraud`, file},
		{"dir:a\x00b", file},
		{"url:file:///etc/passwd", file},
		{"url:/etc", file},
		{"url:ftp://git.example/x", file},
		{"dir:", file},
		{"dir:.", ""},
		{"dir:.", "file:relative/catalog-info.yaml"},
		{"dir:.", "ldap:x"},
		{"dir:.", "url:gopher://x/y"},
	} {
		entity := graphtest.Component("x", docs.AnnotationRef, c[0], docs.AnnotationManagedBy, c[1])
		got, err := docs.SourceOf(entity)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != docs.CodeReferenceInvalid {
			t.Errorf("%q at %q: source %+v, error %v, want %s", c[0], c[1], got, err, docs.CodeReferenceInvalid)
		}
	}
}
