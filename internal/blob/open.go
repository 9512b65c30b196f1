package blob

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/s3blob"

	"devportal.internal/internal/telemetry"
)

// Options say where the bucket is.
type Options struct {
	// URL names a bucket: s3://NAME?region=…, with gocloud.dev's parameters, or file:///FOLDER. Credentials for S3 come
	// from the AWS variables and files. Not set: the folder.
	URL telemetry.Secret
	// Folder is the bucket when URL is not set; it is created.
	Folder string
}

// Open opens the bucket and proves that it can be reached. Close it when its users have ended. No error shows the URL.
func Open(ctx context.Context, opts Options) (*blob.Bucket, error) {
	bucket, err := open(ctx, opts)
	if err != nil {
		return nil, err
	}
	ok, err := bucket.IsAccessible(ctx)
	if err != nil || !ok {
		return nil, errors.Join(fmt.Errorf("reach the bucket: %w", orNotFound(err)), bucket.Close())
	}
	return bucket, nil
}

func orNotFound(err error) error {
	if err == nil {
		return errors.New("it does not exist or may not be listed")
	}
	return err
}

func open(ctx context.Context, opts Options) (*blob.Bucket, error) {
	if !opts.URL.IsSet() {
		return openFolder(opts.Folder)
	}
	u, err := url.Parse(opts.URL.Reveal())
	if err != nil {
		return nil, errors.New("read the blob URL: it is not a URL")
	}
	switch u.Scheme {
	case fileblob.Scheme:
		return openFolder(u.Path)
	case s3blob.Scheme:
		return openS3(ctx, u)
	default:
		return nil, errors.New("read the blob URL: it must begin with s3:// or file://")
	}
}

// openFolder writes temporary files beside their final place: a rename cannot cross file systems.
func openFolder(folder string) (*blob.Bucket, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("find the blob folder: %w", err)
	}
	bucket, err := fileblob.OpenBucket(path, &fileblob.Options{CreateDir: true, DirFileMode: 0o700, NoTempDir: true})
	if err != nil {
		return nil, fmt.Errorf("open the blob folder %s: %w", path, err)
	}
	return bucket, nil
}

func openS3(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	opener := &s3blob.URLOpener{}
	bucket, err := opener.OpenBucketURL(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("open the S3 bucket %s: %w", u.Host, err)
	}
	return bucket, nil
}
