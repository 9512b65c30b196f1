package blob_test

import (
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	gocloud "gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"devportal.internal/internal/blob"
	"devportal.internal/internal/telemetry"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new", "blobs")
	bucket, err := blob.Open(t.Context(), blob.Options{Folder: folder})
	if err != nil {
		t.Fatal(err)
	}
	contract(t, bucket)
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info, err)
	}
}

func TestS3(t *testing.T) {
	backend := s3mem.New()
	if err := backend.CreateBucket("portal"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	url := fmt.Sprintf("s3://portal?region=eu-central-1&use_path_style=true&endpoint=%s", server.URL)
	bucket, err := blob.Open(t.Context(), blob.Options{URL: telemetry.Secret(url)})
	if err != nil {
		t.Fatal(err)
	}
	contract(t, bucket)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"ftp://canary", "mem://canary", "s3://%zz-canary"} {
		_, err := blob.Open(t.Context(), blob.Options{URL: telemetry.Secret(url)})
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: error = %v", url, err)
		}
	}
	if _, err := blob.Open(t.Context(), blob.Options{Folder: "/proc/nowhere"}); err == nil || !strings.Contains(err.Error(), "/proc/nowhere") {
		t.Errorf("error = %v", err)
	}
}

// contract is what every bucket behind Open must do.
func contract(t *testing.T, bucket *gocloud.Bucket) {
	t.Helper()
	ctx := t.Context()
	opts := &gocloud.WriterOptions{ContentType: "text/markdown", Metadata: map[string]string{"digest": "abc"}}
	if err := bucket.WriteAll(ctx, "site/a b/../x.md", []byte("# hi"), opts); err != nil {
		t.Fatal(err)
	}
	r, err := bucket.NewReader(ctx, "site/a b/../x.md", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil || string(text) != "# hi" || r.ContentType() != "text/markdown" {
		t.Errorf("read %q as %q, %v", text, r.ContentType(), err)
	}
	_ = r.Close()
	attributes, err := bucket.Attributes(ctx, "site/a b/../x.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(opts.Metadata, attributes.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	if _, err := bucket.ReadAll(ctx, "missing"); gcerrors.Code(err) != gcerrors.NotFound {
		t.Errorf("missing: %v", err)
	}
	if err := bucket.Close(); err != nil {
		t.Error(err)
	}
}
