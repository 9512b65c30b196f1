package publish

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/build"
)

// Assets keeps the files of sites in a bucket, each site's below its folder.
type Assets struct{ Bucket *blob.Bucket }

// metadata is what lies beside the files of a site, in the form of TechDocs.
type metadata struct {
	SiteName        string   `json:"site_name"`
	SiteDescription string   `json:"site_description"`
	ETag            string   `json:"etag"`
	BuildTimestamp  int64    `json:"build_timestamp"` // in milliseconds
	Files           []string `json:"files"`
}

func (a *Assets) upload(ctx context.Context, folder string, sources *build.Sources, built docs.Built) error {
	about := metadata{
		SiteName: built.Title, SiteDescription: built.Description, ETag: built.ETag, BuildTimestamp: time.Now().UnixMilli(),
		Files: []string{docs.MetadataFile},
	}
	for _, asset := range built.Assets {
		body, err := sources.Asset(asset)
		if err != nil {
			return err
		}
		if err := a.write(ctx, folder+"/"+asset.Path, body); err != nil {
			return err
		}
		about.Files = append(about.Files, asset.Path)
	}
	text, err := json.Marshal(about)
	if err != nil {
		return fault.Internal("publish.upload", err)
	}
	return a.write(ctx, folder+"/"+docs.MetadataFile, text)
}

func (a *Assets) write(ctx context.Context, key string, body []byte) error {
	kind, _ := build.ContentType(key)
	err := a.Bucket.WriteAll(ctx, key, body, &blob.WriterOptions{ContentType: kind})
	if err != nil {
		return fault.Unavailable("publish.write", err)
	}
	return nil
}

// prune deletes what lies in the folder and is no asset of the site. A site without pages has none, and no metadata.
func (a *Assets) prune(ctx context.Context, folder string, built docs.Built) error {
	keep := map[string]bool{docs.MetadataFile: len(built.Pages) > 0}
	for _, asset := range built.Assets {
		keep[asset.Path] = true
	}
	list := a.Bucket.List(&blob.ListOptions{Prefix: folder + "/"})
	for {
		object, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault.Unavailable("publish.prune", err)
		}
		if keep[strings.TrimPrefix(object.Key, folder+"/")] {
			continue
		}
		if err := a.Bucket.Delete(ctx, object.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fault.Unavailable("publish.prune", err)
		}
	}
}
