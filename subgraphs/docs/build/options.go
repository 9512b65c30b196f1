package build

import (
	"context"
	"io/fs"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
)

// Codes of the faults that make a site impossible.
const (
	CodeSourceUnreadable = "DOCS_SOURCE_UNREADABLE"
	CodeSourceTooLarge   = "DOCS_SOURCE_TOO_LARGE"
	CodeNoPages          = "DOCS_NO_PAGES"
)

// Limits of one site.
const (
	MaxPages      = 2_000
	maxFiles      = 10_000
	maxDepth      = 20
	maxSourceText = 32 << 20 // bytes of all pages
	maxAsset      = 16 << 20
	maxAssets     = 128 << 20
	maxWarnings   = 100
)

// version is part of every etag: another one builds every site again. Raise it when the same source makes other HTML.
const version = "1"

// Options say how pages link.
type Options struct {
	PageBase  string // what a page's path is put after, such as "/docs/default/component/checkout/"
	AssetBase string // what an asset's path is put after
}

// Site reads and builds a site. The faults say what makes it impossible; everything else is a warning in it.
func Site(ctx context.Context, source fs.FS, opts Options) (docs.Built, error) {
	sources, err := Read(ctx, source, opts)
	if err != nil {
		return docs.Built{}, err
	}
	return sources.Build(ctx)
}

func invalid(code, format string, args ...any) *fault.Error {
	return fault.Invalid("build.Site", format, args...).WithCode(code)
}
