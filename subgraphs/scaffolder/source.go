package scaffolder

import (
	"context"

	"devportal.internal/internal/urlreader"
)

// URLReader reads what lies behind URLs. [urlreader.Client] is one.
type URLReader interface {
	Read(ctx context.Context, target string, condition urlreader.Condition) (*urlreader.Response, error)
}
