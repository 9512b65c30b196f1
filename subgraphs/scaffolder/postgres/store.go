package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"devportal.internal/internal/entityindex"
	"devportal.internal/internal/jobs"
	"devportal.internal/subgraphs/scaffolder"
)

// Jobs inserts durable jobs in a transaction. [jobs.Runner] is one.
type Jobs interface {
	Insert(ctx context.Context, tx pgx.Tx, kind string, args any, opts jobs.InsertOptions) (int64, error)
}

// Store keeps tasks. It is safe for concurrent use.
type Store struct {
	pool  *pgxpool.Pool
	jobs  Jobs
	index *entityindex.Index
}

// NewStore makes a store over a database in which [Migrations] were applied. Tasks that it keeps are run by jobs that it
// inserts in the same transaction.
func NewStore(pool *pgxpool.Pool, jobs Jobs) *Store {
	return &Store{pool: pool, jobs: jobs, index: entityindex.New(Schema)}
}

const taskColumns = `t.id, t.job_id, t.template, t.created_by, t.principal, t.dry_run, t.parameters, t.status, t.attempt, t.workspace,
	t.events, t.start_cursor, t.output, t.error, t.created_at, t.started_at, t.completed_at`

func scanTask(row pgx.CollectableRow) (*scaffolder.Task, error) {
	var t scaffolder.Task
	var parameters []byte
	err := row.Scan(&t.ID, &t.JobID, &t.Template, &t.CreatedBy, &t.Principal, &t.DryRun, &parameters, &t.Status, &t.Attempt, &t.Workspace,
		&t.Events, &t.StartCursor, &t.Output, &t.Error, &t.CreatedAt, &t.StartedAt, &t.CompletedAt)
	t.Parameters = parameters
	return &t, err
}

const stepColumns = `s.id, s.name, s.action, s.status, s.output, s.started_at, s.ended_at`

func stepFields(s *scaffolder.TaskStep, output *[]byte) []any {
	return []any{&s.ID, &s.Name, &s.Action, &s.Status, output, &s.StartedAt, &s.EndedAt}
}
