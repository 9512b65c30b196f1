package publish

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/fault"
	"devportal.internal/subgraphs/docs"
	"devportal.internal/subgraphs/docs/build"
)

// Store keeps sites.
type Store interface {
	Entity(ctx context.Context, id string) (entityindex.Entity, bool, error)
	Sites(ctx context.Context, entityIDs []string, access entityindex.Predicate) (map[string]docs.Site, error)
	Save(ctx context.Context, entityID string, source docs.Source, built docs.Built) (saved bool, err error)
	Note(ctx context.Context, entityID, problem string) error
	FolderInUse(ctx context.Context, folder string) (bool, error)
	WithSites(ctx context.Context, after string, limit int) ([]entityindex.Entity, error)
	Forget(ctx context.Context) (folders []string, err error)
}

// Opener opens the files of a source; source.Opener is one.
type Opener interface {
	Open(ctx context.Context, source docs.Source) (files fs.FS, close func(), err error)
}

// Publisher builds sites. All fields are required.
type Publisher struct {
	Store     Store
	Sources   Opener
	Assets    *Assets
	AssetBase string // the URL that folders of assets are put after; it ends with a slash
	Logger    *slog.Logger
}

// Publish builds the site of an entity, unless it is as it was. What is wrong with the sources is told to the site's
// authors and is no error here: looking again helps only when they have changed.
func (p *Publisher) Publish(ctx context.Context, entityID string) error {
	entity, ok, err := p.Store.Entity(ctx, entityID)
	if err != nil || !ok || !docs.HasSite(entity) {
		return err
	}
	building, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	err = p.publish(building, entity)
	var problem *fault.Error
	if ctx.Err() != nil || !errors.As(err, &problem) || !isTheirs(problem) {
		return err
	}
	p.Logger.InfoContext(ctx, "a documentation site cannot be built", slog.String("entity", entity.Ref), slog.Any("error", err))
	return p.Store.Note(ctx, entityID, shown(problem))
}

// isTheirs reports whether an error lies in what a site is built from, rather than in the portal.
func isTheirs(problem *fault.Error) bool {
	return problem.Kind == fault.KindInvalid || problem.Kind == fault.KindNotFound ||
		problem.Kind == fault.KindUnavailable && strings.HasPrefix(problem.Code, "URL_")
}

// shown is what a site's authors are told: nothing of the portal's own folders.
func shown(problem *fault.Error) string {
	if problem.Message == "" || strings.HasPrefix(problem.Code, "FILE_") {
		return "the last build failed: the folder of the sources cannot be read"
	}
	return "the last build failed: " + problem.Message
}

func (p *Publisher) publish(ctx context.Context, entity entityindex.Entity) error {
	from, err := docs.SourceOf(entity)
	if err != nil {
		return err
	}
	files, done, err := p.Sources.Open(ctx, from)
	if err != nil {
		return err
	}
	defer done()
	folder := docs.FolderOf(entity)
	sources, err := build.Read(ctx, files, build.Options{PageBase: "/docs/" + escaped(folder) + "/", AssetBase: p.AssetBase + escaped(folder) + "/"})
	if err != nil {
		return err
	}
	known, err := p.Store.Sites(ctx, []string{entity.ID}, entityindex.Everything{})
	if err != nil {
		return err
	}
	if known[entity.ID].ETag == sources.ETag {
		return p.Store.Note(ctx, entity.ID, "")
	}
	built, err := sources.Build(ctx)
	if err != nil {
		return err
	}
	if built.Title == "" {
		built.Title = entity.Name
	}
	return p.put(ctx, entity, from, sources, built)
}

// put uploads the assets, saves the site, and deletes the assets that it no longer has.
func (p *Publisher) put(ctx context.Context, entity entityindex.Entity, from docs.Source, sources *build.Sources, built docs.Built) error {
	folder := docs.FolderOf(entity)
	if err := p.Assets.upload(ctx, folder, sources, built); err != nil {
		return err
	}
	saved, err := p.Store.Save(ctx, entity.ID, from, built)
	if err != nil {
		return err
	}
	if !saved {
		return p.Clear(ctx, folder)
	}
	return p.Assets.prune(ctx, folder, built)
}

// Clear deletes the assets in a folder, unless a site has it.
func (p *Publisher) Clear(ctx context.Context, folder string) error {
	used, err := p.Store.FolderInUse(ctx, folder)
	if err != nil || used {
		return err
	}
	return p.Assets.prune(ctx, folder, docs.Built{})
}

// refreshPage is how many entities are read at once.
const refreshPage = 200

// Refresh looks at all sites again, one after the other, and forgets those that nobody names any more. One that fails by
// the portal's fault does not hold up the others.
func (p *Publisher) Refresh(ctx context.Context) error {
	folders, err := p.Store.Forget(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, folder := range folders {
		failures = append(failures, p.Clear(ctx, folder))
	}
	for after := ""; ; {
		entities, err := p.Store.WithSites(ctx, after, refreshPage)
		if err != nil {
			return err
		}
		for _, entity := range entities {
			if err := p.Publish(ctx, entity.ID); err != nil && len(failures) < 10 {
				failures = append(failures, err)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			after = entity.ID
		}
		if len(entities) < refreshPage {
			return errors.Join(failures...)
		}
	}
}

func escaped(folder string) string { return (&url.URL{Path: folder}).EscapedPath() }
