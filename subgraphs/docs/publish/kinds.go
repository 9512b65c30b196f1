package publish

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/jobs"
	"devportal.internal/subgraphs/docs"
)

// Names of the kinds of jobs.
const (
	kindBuild   = "docs_build"
	kindClear   = "docs_clear"
	kindRefresh = "docs_refresh"
)

// Bounds of the jobs.
const (
	buildTimeout   = 5 * time.Minute
	refreshTimeout = time.Hour
	attempts       = 5
)

// buildArgs say what to build. Builds that differ in them may run at once; the entity says which counts.
type buildArgs struct {
	EntityID string            `json:"entityId"`
	Folder   string            `json:"folder"`
	From     map[string]string `json:"from"`
}

type clearArgs struct {
	Folder string `json:"folder"`
}

// Inserter inserts jobs; jobs.Runner is one.
type Inserter interface {
	Insert(ctx context.Context, tx pgx.Tx, kind string, args any, opts jobs.InsertOptions) (int64, error)
}

// Orders inserts the jobs that changes of entities ask for.
type Orders struct{ Jobs Inserter }

// Build orders a site to be built.
func (o Orders) Build(ctx context.Context, tx pgx.Tx, entity entityindex.Entity) error {
	args := buildArgs{EntityID: entity.ID, Folder: docs.FolderOf(entity), From: map[string]string{}}
	for _, name := range []string{docs.AnnotationRef, docs.AnnotationSourceLocation, docs.AnnotationManagedBy} {
		args.From[name] = entity.Annotations[name]
	}
	_, err := o.Jobs.Insert(ctx, tx, kindBuild, args, jobs.InsertOptions{Unique: true, MaxAttempts: attempts})
	return err
}

// Clear orders the assets in a folder to be deleted.
func (o Orders) Clear(ctx context.Context, tx pgx.Tx, folder string) error {
	_, err := o.Jobs.Insert(ctx, tx, kindClear, clearArgs{folder}, jobs.InsertOptions{MaxAttempts: attempts})
	return err
}

// Kinds are the jobs: building a site, clearing up after one, and looking at all of them again at the interval.
func (p *Publisher) Kinds(every time.Duration) []jobs.Kind {
	return []jobs.Kind{
		{Name: kindBuild, Concurrency: 2, Timeout: buildTimeout, MaxAttempts: attempts, Work: func(ctx context.Context, job jobs.Job) error {
			var args buildArgs
			if err := job.Decode(&args); err != nil {
				return jobs.Cancel(err)
			}
			return p.Publish(ctx, args.EntityID)
		}},
		{Name: kindClear, Concurrency: 1, MaxAttempts: attempts, Work: func(ctx context.Context, job jobs.Job) error {
			var args clearArgs
			if err := job.Decode(&args); err != nil {
				return jobs.Cancel(err)
			}
			return p.Clear(ctx, args.Folder)
		}},
		{Name: kindRefresh, Concurrency: 1, Timeout: refreshTimeout, MaxAttempts: 1, Every: every, Work: func(ctx context.Context, _ jobs.Job) error {
			return p.Refresh(ctx)
		}},
	}
}
